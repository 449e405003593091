import { expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { predictionsFrom } from '../train/predictions.ts';
import { SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { predictionsBytes } from './kept.ts';
import { newLeftovers } from './leftovers.ts';
import { modelCommands } from './modelCommands.ts';
import { keepModel } from './modelStore.ts';
import { opinionBytes } from './repredict.ts';
import { trainedModel } from './testing/trainedModel.ts';
import { type TrainedModel, weightsFile } from './trainedModel.ts';
import { newTurns } from './turns.ts';

/** Whatever a model is asked, its forecast counts what the page and the worker hold meanwhile, byte for byte. */

const SLOT = 'run';
const signal = new AbortController().signal;

/** The model inside a budget. */
const within = (trained: TrainedModel, budget: number): TrainedModel => ({
  ...trained,
  job: { ...trained.job, fit: false, config: { ...trained.job.config, 'memory.workerBudget': budget } },
});

/** The commands, where the page holds so many bytes and the worker has the model, and with `predictions` what it said. */
async function commands(model: TrainedModel, byPage: number, predictions = false) {
  const { graph } = model.job;
  const logits = new Float32Array(graph.nodes * graph.classNames.length);
  const left = newLeftovers(() => {});
  left.keep({ model, predictions: predictions ? predictionsFrom(logits, graph.nodes, false) : null });
  const store = memoryStore();
  await keepModel(store, SLOT, weightsFile(model));
  return modelCommands({
    left,
    here: () => ({ graph, id: 'g', catalogueId: null, fingerprint: 'f', notes: [], drawn: true }),
    store: () => store,
    trained: (about, config) => ({ ...model, ...about, job: { ...model.job, config } }),
    held: () => byPage,
    refuseWhileBusy: () => {},
    alone: (work) => work(signal),
    turns: newTurns(),
  });
}

type Commands = Awaited<ReturnType<typeof commands>>;

const refused = async (answer: Promise<unknown>) =>
  Number(/needs (\d+)/.exec(await answer.then(String, ({ message }: Error) => message))?.[1]);

const opening = ({ run, job }: TrainedModel) => ({ slot: SLOT, run, fingerprint: 'f', config: job.config });

const ANSWERS: [string, (to: Commands, model: TrainedModel) => Promise<unknown>][] = [
  ['predictions as CSV', (to) => to.predictionsCsv()],
  ['an embedding', (to) => to.embedding('embedding')],
  ['what if', (to) => to.repredict([], 5)],
  ['a model that is opened', (to, model) => to.openModel(opening(model))],
];

test.each(ANSWERS)('%s', async (_, ask) => {
  const trained = await trainedModel({ 'training.epochs': 1 });
  const needed = async (byPage: number, predictions = false) => {
    const mine = within(trained, 1);
    return refused(ask(await commands(mine, byPage, predictions), mine));
  };
  const alone = await needed(0);
  expect(await needed(12_345)).toBe(alone + 12_345);
  const { nodes, classNames } = trained.job.graph;
  const said = predictionsBytes(predictionsFrom(new Float32Array(nodes * classNames.length), nodes, false));
  expect(await needed(0, true)).toBe(alone + said);
  // A model of its own each time, so that nothing is remembered of it.
  const inside = async (budget: number, byPage: number) => {
    const mine = within(trained, budget);
    return refused(ask(await commands(mine, byPage), mine));
  };
  // A hidden layer is read while the logits are there.
  const most = (await inside(alone, 0)) || alone;
  expect(await inside(most, 0)).toBeNaN();
  expect(await inside(most, 1)).toBe(most + 1);
});

test('what if, of an edited graph: what was said of the graph as it is, and what the edit made a copy of', async () => {
  const trained = await trainedModel({ 'training.epochs': 1 });
  const alone = await refused((await commands(within(trained, 1), 0)).repredict([], 5));
  const config: Config = { ...trained.job.config, 'memory.workerBudget': alone };
  const model = { ...trained, job: { ...trained.job, config } };
  const to = await commands(model, 0);
  await to.repredict([], 5);
  const said = opinionBytes(model);
  const edit = (value: number) => [{ kind: 'setFeature', node: 5, column: 3, value } as const];
  const { features } = trained.job.graph;
  const needed = alone + said + features.values!.byteLength;
  expect(await refused(to.repredict(edit(2), 5))).toBe(needed);
  Object.assign(config, { 'memory.workerBudget': needed });
  await to.repredict(edit(2), 5);
  // What was said of it makes room for the next one.
  await to.repredict(edit(3), 5);
});

test('what if, of a graph that stays on disk', async () => {
  const store = memoryStore();
  await ingest(testGraph(), store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  const trained = await trainedModel({ ...SAMPLED, 'training.epochs': 1 });
  const needed = async (byPage: number) => {
    const model = within(trained, 12_000 + byPage);
    const stored = { ...model, job: { ...model.job, graph: outline, store } };
    return refused((await commands(stored, byPage)).repredict([], 0));
  };
  const alone = await needed(0);
  expect(alone).toBeGreaterThan(12_000);
  expect(await needed(12_345)).toBe(alone + 12_345);
});
