import { differences } from '../../config/describe.ts';
import type { PresetName } from '../../config/presets.ts';
import type { Config } from '../../config/schema.ts';
import type { RunRecord } from '../../run/record.ts';
import { presetConfig } from '../state/store.ts';

/** Three lessons, each a link: a question, a few runs that answer it on this device, and what to look at in them. */
export interface Lesson {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  /** How to read the answer; shown from the beginning, for it does not say what the runs will give. */
  readonly watch: string;
  /** Further reading: where the effect was described. */
  readonly source: { readonly text: string; readonly url: string };
  /** An embedded dataset: a lesson downloads nothing from elsewhere. */
  readonly dataset: string;
  /** What the horizontal axis counts. */
  readonly axis: string;
  readonly measures: readonly Measure[];
  /** One after another, in the order in which they run. */
  readonly experiments: readonly Experiment[];
}

export interface Experiment {
  /** On the axis. */
  readonly label: string;
  /** Of the curve that it belongs to. */
  readonly series: string;
  readonly preset: PresetName;
  readonly sets: Partial<Config>;
}

/** What is read from the record of a run. */
export interface Measure {
  readonly title: string;
  readonly unit: '%' | 'ms' | 'bytes';
  readonly of: (record: RunRecord) => number;
}

const accuracy: Measure = { title: 'test accuracy', unit: '%', of: ({ result }) => 100 * result.testAcc };

const epochTime: Measure = {
  title: 'time per epoch',
  unit: 'ms',
  of: ({ epochs }) => {
    // The first epochs wait for what is compiled and read once.
    const sorted = epochs.slice(Math.min(2, epochs.length - 1)).map(({ ms, evalMs }) => ms + evalMs);
    sorted.sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  },
};

const memory: Measure = {
  title: 'peak memory of the plan',
  unit: 'bytes',
  of: ({ memory: { peak }, device }) => (device.backend === 'cpu' ? peak.host : peak.gpu),
};

const DEPTHS = [2, 4, 8, 16, 32];

/** Layers of the same width from the first to the last but one, so that each can be added to its input. */
const deep = (layers: number, residual: boolean): Experiment => ({
  label: String(layers),
  series: residual ? 'with residuals' : 'plain',
  preset: 'debian-gcn',
  sets: {
    'model.layers': layers,
    'model.hidden': 32,
    'model.dropout': 0.2,
    // Without a norm, 32 added layers grow until nothing can be learned from them.
    'model.norm': 'layer',
    'model.residual': residual,
    'training.lr': 0.01,
    'training.epochs': 100,
  },
});

const BUDGETS: readonly (readonly [string, number])[] = [
  ['no limit', 0],
  ['40 MB', 40e6],
  ['20 MB', 20e6],
  ['10 MB', 10e6],
  ['5 MB', 5e6],
];

export const LESSONS: readonly Lesson[] = [
  {
    id: 'worth',
    title: 'What a graph is worth',
    question:
      'A graph network and a perceptron see the same words of each package; only the network sees what depends on what. How much better does that make it?',
    watch:
      'Both are trained in the same way and judged on the same packages. The difference between the two is what the edges tell: look in the graph at which classes gain, and under Predictions at the nodes of high degree.',
    source: { text: 'Kipf and Welling, 2017, section 5', url: 'https://arxiv.org/abs/1609.02907' },
    dataset: 'debian-small',
    axis: 'seed',
    measures: [accuracy],
    experiments: [0, 1, 2].flatMap((seed) => [
      { label: String(seed), series: 'GCN', preset: 'debian-gcn', sets: { 'training.seed': seed } },
      { label: String(seed), series: 'MLP', preset: 'debian-mlp', sets: { 'training.seed': seed } },
    ]),
  },
  {
    id: 'over-smoothing',
    title: 'Over-smoothing',
    question: 'With each layer a node hears from one step further away. Do more layers make a better network?',
    watch:
      'Each convolution averages a node with its neighbours; after many of them all nodes of a component look alike. A residual adds the input of each layer to its output, so that what a node knew is not averaged away. While a deep one trains, colour the graph by prediction.',
    source: { text: 'Li, Han and Wu, 2018', url: 'https://arxiv.org/abs/1801.07606' },
    dataset: 'debian-small',
    axis: 'layers',
    measures: [accuracy],
    experiments: [false, true].flatMap((residual) => DEPTHS.map((layers) => deep(layers, residual))),
  },
  {
    id: 'memory',
    title: 'Memory against time',
    question: 'How much slower is training, and how much is lost, if the GPU has half of the memory, or an eighth?',
    watch:
      'Under a budget the plan is fitted before anything runs: first batches of sampled neighbours, then smaller ones. The peak stays below the budget to the byte. The slider in the memory plan does the same by hand.',
    source: { text: 'Hamilton, Ying and Leskovec, 2017', url: 'https://arxiv.org/abs/1706.02216' },
    dataset: 'debian',
    axis: 'GPU budget',
    measures: [epochTime, memory, accuracy],
    experiments: BUDGETS.map(([label, bytes]) => ({
      label,
      series: 'GCN',
      preset: 'debian-gcn' as const,
      sets: { 'memory.gpuBudget': bytes, 'training.epochs': 10 },
    })),
  },
];

export const lessonOf = (id: string): Lesson | null => LESSONS.find((lesson) => lesson.id === id) ?? null;

/** What an experiment runs. */
export function configOf({ preset, sets }: Experiment): Config {
  return { ...presetConfig(preset), ...sets };
}

/** Whether a run answers an experiment: on its graph, with its settings and nothing changed by hand on the way. */
export function answers(lesson: Lesson, experiment: Experiment, run: Ran): boolean {
  return (
    run.catalogueId === lesson.dataset &&
    run.record.events.length === 0 &&
    Object.keys(differences(run.record.config, configOf(experiment))).length === 0
  );
}

interface Ran {
  readonly catalogueId: string | null;
  readonly record: RunRecord;
}

/** The newest answer to each experiment, in their order; null where there is none yet. */
export function answersOf<Run extends Ran>(lesson: Lesson, kept: readonly Run[]): (Run | null)[] {
  return lesson.experiments.map((experiment) => kept.findLast((run) => answers(lesson, experiment, run)) ?? null);
}
