import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type Config, SCHEMA } from '../config/schema.ts';
import { writeNpz } from '../formats/npzWriter.ts';
import { npzLayout } from '../graph/npzLayout.ts';
import { pygParts } from '../run/pyg/script.ts';
import { fileNames, modelArguments, type PygRun, samples } from '../run/pyg/source.ts';
import { predict, train } from './session.ts';
import { distance } from './testing/compare.ts';
import { configOf, ONE_BATCH, SAMPLED, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/**
 * Scripts for PyTorch Geometric beside the runs that they are of. Without dropout and from the same first weights both give the same
 * predictions and the same curve. Needs a Python (EDGEWISE_PYTHON, else python3) with torch_geometric, and for those that sample with a
 * sampler of its own.
 */

const GRAPHS = {
  weighted: { ...testGraph({ weighted: true, features: 'sparse' }), name: 'weighted' },
  directed: { ...testGraph({ directed: true }), name: 'directed' },
  uneven: { ...testGraph({ uneven: true, features: 'ones' }), name: 'uneven' },
  two: { ...testGraph({ classes: 2, features: 'identity' }), name: 'two' },
  loops: { ...testGraph({ weighted: true, selfLoops: 'keep' }), name: 'loops' },
  several: { ...testGraph({ severalLabels: true }), name: 'several' },
} as const;

interface Case {
  readonly title: string;
  readonly graph: keyof typeof GRAPHS;
  readonly config: Config;
}

const EPOCHS = 6;
const STILL = { 'model.dropout': 0, 'model.attentionDropout': 0, 'model.dropEdge': 0 } as const;

const caseOf = (title: string, graph: keyof typeof GRAPHS, changes: Partial<Config>): Case => ({
  title,
  graph,
  config: configOf({ 'training.epochs': EPOCHS, 'training.weightDecay': 0.3, ...changes }),
});

const LEARNING = [
  caseOf('AdamW, everything decays', 'weighted', { 'training.optimizer': 'adamw', 'training.decayOn': 'all' }),
  caseOf('AdamW without decay', 'directed', { 'training.optimizer': 'adamw', 'training.weightDecay': 0 }),
  caseOf('SGD with momentum, cosine', 'weighted', {
    'training.optimizer': 'sgd',
    'training.lr': 0.5,
    'training.schedule': 'cosine',
  }),
  caseOf('steps after a warm-up', 'directed', {
    'training.schedule': 'step',
    'training.warmup': 2,
    'training.stepSize': 2,
  }),
  caseOf('a warm-up alone, clipped', 'weighted', { 'training.warmup': 4, 'training.clip': 0.01 }),
  caseOf('a warm-up and a cosine', 'weighted', { 'training.warmup': 2, 'training.schedule': 'cosine' }),
  caseOf('GCNII with its two decays, norm and PReLU', 'weighted', {
    'model.kind': 'gcn2',
    'training.decayOn': 'split',
    'training.weightDecayLinear': 0.1,
    'model.norm': 'layer',
    'model.activation': 'prelu',
  }),
  caseOf('GIN with two decays and norm', 'weighted', {
    'model.kind': 'gin',
    'training.decayOn': 'split',
    'model.norm': 'layer',
    'model.learnEps': false,
  }),
  caseOf('balanced classes, macro F1', 'uneven', {
    'task.classWeights': 'balanced',
    'task.metric': 'macroF1',
    'training.select': 'valMetric',
  }),
  caseOf('weighted F1', 'uneven', { 'task.metric': 'weightedF1' }),
  caseOf('ROC-AUC, patience', 'two', {
    'task.metric': 'rocAuc',
    'training.select': 'valMetric',
    'training.patience': 2,
    'training.lr': 0.1,
  }),
  caseOf('one layer', 'weighted', { 'model.layers': 1, 'model.residual': true }),
  caseOf('one layer, jumping knowledge', 'weighted', {
    'model.layers': 1,
    'model.jumpingKnowledge': 'cat',
    'model.norm': 'layer',
  }),
  caseOf('four layers behind an input layer', 'directed', {
    'model.kind': 'sage',
    'model.layers': 4,
    'model.inputLayer': true,
    'model.norm': 'layer',
  }),
  caseOf('residual blocks with PReLU', 'directed', {
    'model.kind': 'gatv2',
    'model.heads': 2,
    'model.block': 'residual',
    'model.activation': 'prelu',
  }),
];

/** All nodes in one batch, or in several that make one step: then the order in which they are drawn does not matter. */
const BATCHES = [
  ...KINDS.map(([title, changes]) => caseOf(`${title}: one batch`, 'weighted', { ...changes, ...ONE_BATCH })),
  caseOf('batches that make one step, balanced', 'uneven', {
    ...ONE_BATCH,
    'sampling.batchSize': 36,
    'training.accumulate': 1000,
    'task.classWeights': 'balanced',
  }),
  ...KINDS.map(([title, changes]) =>
    caseOf(`${title}: one batch with self-loops`, 'loops', { ...changes, ...ONE_BATCH }),
  ),
  caseOf('several labels, batches that make one step', 'several', {
    ...ONE_BATCH,
    'sampling.batchSize': 36,
    'training.accumulate': 1000,
  }),
  caseOf('trained on the whole, evaluated in batches', 'directed', {
    'evaluation.strategy': 'neighbor',
    'evaluation.batchSize': 17,
  }),
  caseOf('trained in a batch, evaluated layer by layer', 'weighted', {
    ...ONE_BATCH,
    'evaluation.strategy': 'layerwise',
  }),
  caseOf('trained in a batch, evaluated on the whole', 'directed', { ...ONE_BATCH, 'evaluation.strategy': 'full' }),
];

const CURVES: readonly Case[] = [
  ...KINDS.map(([title, changes]) => caseOf(title, 'weighted', changes)),
  ...VARIANTS.filter(([title]) => !title.includes('dropped')).map(([title, changes]) =>
    caseOf(title, 'directed', changes),
  ),
  // PyTorch's gradient of a bias before a batch norm is rounding, of which Adam makes whole steps; Edgewise's is 0.
  ...BATCH_NORMS.map(([title, changes]) => caseOf(title, 'directed', { ...changes, 'training.optimizer': 'sgd' })),
  ...KINDS.map(([title, changes]) => caseOf(`${title}: self-loops`, 'loops', changes)),
  ...SCHEMA['task.metric'].values.map((metric) =>
    caseOf(`several labels, ${metric}`, 'several', { 'task.metric': metric }),
  ),
  ...LEARNING,
  ...BATCHES,
].map((each) => ({ ...each, config: { ...each.config, ...STILL } }));

const DRAWS = { ...SAMPLED, 'model.dropout': 0.4, 'model.dropEdge': 0.2 } as const;

/** What draws random numbers cannot agree: it runs to its end. */
const RANDOM: readonly Case[] = [
  ...VARIANTS.map(([title, changes]) => caseOf(title, 'weighted', changes)),
  caseOf('features are spared', 'directed', { 'model.inputDropout': false, 'model.residual': true, 'model.layers': 3 }),
  ...BATCH_NORMS.map(([title, changes]) => caseOf(`${title}, sampled`, 'weighted', { ...changes, ...DRAWS })),
  caseOf('self-loops, drawn by weight', 'loops', { ...DRAWS, 'sampling.bias': 'weight' }),
  caseOf('drawn by weight', 'weighted', { ...DRAWS, 'sampling.bias': 'weight', 'sampling.replace': true }),
  caseOf('GraphSAGE, drawn by weight', 'weighted', { ...DRAWS, 'model.kind': 'sage', 'sampling.bias': 'weight' }),
  caseOf('by weights that are not there', 'directed', { ...DRAWS, 'sampling.bias': 'weight' }),
  caseOf('a fan-out that moves', 'directed', { ...DRAWS, 'sampling.fanOutEnd': [1, 2] }),
  caseOf('some nodes are evaluated', 'directed', { ...DRAWS, 'evaluation.nodes': 9 }),
  caseOf('some nodes are evaluated, layer by layer', 'weighted', {
    'evaluation.strategy': 'layerwise',
    'evaluation.nodes': 9,
  }),
  caseOf('without validation nodes', 'directed', { 'training.patience': 3 }),
];

function pygRun({ graph: name, config }: Case): PygRun {
  const { nodes, edges, features, classNames, labelSets } = GRAPHS[name];
  const sizes = { nodes, edges, features: features.cols, classes: classNames.length };
  const dataset = { name, ...sizes, multiLabel: labelSets !== null, fingerprint: '' };
  return { config, dataset, source: { file: npzLayout(GRAPHS[name]) }, events: [] };
}

/** What a script calls the parameters that Edgewise calls so. */
function scriptName(name: string, config: Config): string {
  return name
    .replace(/^(norms\.\d+)\.module\./, '$1.')
    .replace(/^lin(\d+)\./, (_, n) => `lins.${Number(n) - 1}.`)
    .replace(/^conv1\.lin\./, samples(config) ? 'lin.' : 'conv.lin.')
    .replace(/^input_linear\./, 'lin_in.')
    .replace(/^output_linear\./, 'lin_out.')
    .replace(/^output_normalization\./, 'norm.')
    .replace(/^residual_modules\.(\d+)\.(module\.)?/, 'blocks.$1.')
    .replace(/\.feed_forward_module\.linear_/, '.lin')
    .replace(/\.normalization\./, '.norm.');
}

/** What the Python script is asked, and what Edgewise says. */
async function prepare(each: Case) {
  const { config } = each;
  const job = { graph: GRAPHS[each.graph], backend: { kind: 'cpu' }, fit: false } as const;
  // At a rate of 0 weights stay as every run with this seed begins.
  const { weights } = await train({ ...job, config: { ...config, 'training.lr': 0, 'training.epochs': 1 } });
  const named = [...weights].map(([name, { data }]) => [scriptName(name, config), [...data]] as const);
  const run = pygRun(each);
  const asked = {
    ...pygParts(run),
    arguments: modelArguments(run, 'data'),
    samples: samples(config),
    several: run.dataset.multiLabel,
  };
  return { weights, job, asked: { ...asked, weights: Object.fromEntries(named) } };
}

interface Answer {
  readonly missing: { readonly torch_geometric?: string; readonly sampler?: string };
  /** Null where a script needs a sampler that is not there. */
  readonly results: readonly ({ probabilities: number[]; printed: string[]; error?: string } | null)[];
}

const SCRIPT = fileURLToPath(new URL('../../scripts/pyg/curves.py', import.meta.url));
const PYTHON = process.env.EDGEWISE_PYTHON ?? 'python3';
const folder = mkdtempSync(join(tmpdir(), 'edgewise-pyg-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ask(cases: unknown): Answer {
  const path = join(folder, 'cases.json');
  writeFileSync(path, JSON.stringify(cases));
  const { stdout, status } = spawnSync(PYTHON, [SCRIPT, path], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  return status === 0 ? JSON.parse(stdout) : { missing: { torch_geometric: `${PYTHON} does not run` }, results: [] };
}

const { missing } = ask([]);
const skipped = missing.torch_geometric
  ? ` (skipped: ${missing.torch_geometric}; name a Python that has it in EDGEWISE_PYTHON)`
  : missing.sampler
    ? ` (those that sample are left out: ${missing.sampler})`
    : '';

/** The numbers that a script prints after an epoch, the epoch first. */
const numbers = (line: string) => [...line.matchAll(/ (-?[\d.]+(?:e-?\d+)?|nan)\b/g)].map(([, text]) => Number(text));

describe.skipIf(missing.torch_geometric)(`scripts for PyTorch Geometric${skipped}`, () => {
  for (const graph of Object.values(GRAPHS)) {
    const about = { ...graph, features: 0, classes: 0, fingerprint: '' };
    writeFileSync(join(folder, fileNames(about, configOf()).graph), writeNpz(graph));
  }

  test('have the predictions and the curve of the run', async () => {
    const jobs = [];
    for (const each of CURVES) jobs.push(await prepare(each));
    const { results } = ask(jobs.map(({ asked }) => asked));
    expect(results).toHaveLength(CURVES.length);
    for (const [i, { title, config }] of CURVES.entries()) {
      const answer = results[i];
      if (!answer) continue;
      expect(answer.error, title).toBeUndefined();
      const { job, weights } = jobs[i];
      const { probabilities } = await predict({
        ...job,
        config: { ...config, 'evaluation.strategy': 'full' },
        weights,
      });
      expect(distance(answer.probabilities, probabilities), `${title}: predictions`).toBeLessThan(1e-5);
      const { epochs, result } = await train({ ...job, config });
      const last = answer.printed.at(-1)!;
      const told = answer.printed.slice(0, -1).map(numbers);
      expect(told.length, `${title}: epochs`).toBe(epochs.length);
      const losses = epochs.map(({ trainLoss }) => trainLoss);
      expect(
        distance(
          told.map((row) => row.at(-3)!),
          losses,
        ),
        `${title}: losses`,
      ).toBeLessThan(1e-5);
      // Two nodes that are alike may be rounded apart in one of the two, and a ROC-AUC counts such pairs.
      const close = config['task.metric'] === 'rocAuc' ? 5e-3 : 1e-6;
      const figures = epochs.flatMap(({ valMetric, testMetric }) => [valMetric, testMetric]);
      expect(
        distance(
          told.flatMap((row) => row.slice(-2)),
          figures,
        ),
        `${title}: figures`,
      ).toBeLessThan(close);
      expect(last, title).toContain(`best epoch ${result.bestEpoch}:`);
      const best = Number(last.split(' ').at(-1));
      expect(Math.abs(best - epochs[result.bestEpoch - 1].testMetric), `${title}: best`).toBeLessThan(close);
    }
  }, 300_000);

  test('run where they draw random numbers', async () => {
    const jobs = [];
    for (const each of RANDOM) jobs.push((await prepare(each)).asked);
    const { results } = ask(jobs);
    for (const [i, { title }] of RANDOM.entries()) {
      if (!results[i]) continue;
      expect(results[i].error, title).toBeUndefined();
      const losses = results[i].printed.slice(0, -1).map((line) => numbers(line)[0]);
      expect(losses.every(Number.isFinite), title).toBe(true);
    }
  }, 300_000);
});
