import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { CPU } from '../device/cpu/bytes.ts';
import { newLedger } from '../device/ledger.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { memoryStore } from '../store/memory.ts';
import type { ResumePoint } from '../train/checkpoint.ts';
import { testGraph } from '../train/testing/graphs.ts';
import type { LoadedGraph } from './datasets.ts';
import { CHECKPOINTS } from './interrupted.ts';
import { interruptedRuns, newKeeper } from './keeper.ts';
import { MODELS } from './keptModels.ts';
import { listModels, readModel } from './modelStore.ts';
import type { TrainRequest } from './protocol.ts';
import { trainedModel } from './testing/trainedModel.ts';
import { weightsFile } from './trainedModel.ts';

/** What a run of the page has of its keeper. */

const loaded: LoadedGraph = { graph: testGraph(), id: 'g', catalogueId: null, fingerprint: 'f' };
const request = (resume: boolean, slot = 'one'): TrainRequest => ({
  run: 1,
  config: DEFAULTS,
  events: [],
  paused: false,
  slot,
  resume,
});
const times = { ms: 1, sampleMs: 0, readMs: 0, uploadMs: 0, evalMs: 1 };
const figures = { trainLoss: 1, valLoss: 1, trainAcc: 0, valAcc: 0, testAcc: 0, valMetric: 0, testMetric: 0 };
const point = (): ResumePoint => ({
  epochs: [{ epoch: 1, ...figures, ...times }],
  best: { epoch: 1, figure: 1, test: { accuracy: 0, microF1: 0, macroF1: 0, weightedF1: 0 }, confusion: null },
  steps: 1,
  values: new Map([['weights', new Float32Array(1000)]]),
  events: [],
  planned: DEFAULTS,
  refusals: 0,
  device: CPU,
  resumed: [],
});
const ledgers = () => ({ host: newLedger(), disk: newLedger() });
const quiet = () => {};

test('a run that ended is kept until its keeper is told that it is over, and can go on if it never is', async () => {
  const store = memoryStore();
  const first = await newKeeper(store, loaded, request(false), quiet);
  expect(first.job.resume).toBeUndefined();
  await first.job.onCheckpoint!(point(), ledgers());
  await first.close(false);
  expect((await interruptedRuns(store)).map(({ slot }) => slot)).toEqual(['one']);
  const { disk } = ledgers();
  const again = await newKeeper(store, loaded, request(true), quiet);
  expect(again.job.keptBytes).toBeGreaterThan(4000);
  disk.add('checkpoint', again.job.keptBytes!);
  await again.job.onCheckpoint!(point(), { host: newLedger(), disk });
  expect(disk.peak).toBe(disk.held + again.job.keptBytes!);
  await again.close(true);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
});

test('once its record is kept, its model is, and it cannot go on any more; where the model cannot be kept, the same', async () => {
  const store = memoryStore();
  const trained = await trainedModel({ 'training.epochs': 1 });
  const kept = async (slot: string, to: ChunkStore) => {
    const keeper = await newKeeper(to, loaded, request(false, slot), quiet);
    await keeper.job.onCheckpoint!(point(), ledgers());
    return keeper;
  };
  await (await kept('one', store)).recorded(() => trained);
  expect(Buffer.from(await readModel(store, 'one')).equals(weightsFile(trained))).toBe(true);
  const full: ChunkStore = {
    ...store,
    put: (key, bytes) => (key.startsWith(MODELS) ? Promise.reject(new Error('no room')) : store.put(key, bytes)),
  };
  await expect((await kept('two', full)).recorded(() => trained)).rejects.toThrow('no room');
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
  expect((await listModels(store)).map(({ slot }) => slot)).toEqual(['one']);
});

test('a run on another graph is refused, and stays where it is kept', async () => {
  const store = memoryStore();
  const first = await newKeeper(store, loaded, request(false), quiet);
  await first.job.onCheckpoint!(point(), ledgers());
  await first.close(false);
  const other = newKeeper(store, { ...loaded, fingerprint: 'g' }, request(true), quiet);
  await expect(other).rejects.toThrow('is not the graph of this run any more');
  expect(await interruptedRuns(store)).toHaveLength(1);
});

test('what was handed over is held by nobody else', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const store = memoryStore();
  const first = await newKeeper(store, loaded, request(false), quiet);
  await first.job.onCheckpoint!(point(), ledgers());
  await first.close(false);
  const keeper = await newKeeper(store, loaded, request(true), quiet);
  let given: ResumePoint | null = keeper.job.resume!();
  const values = new WeakRef(given.values.get('weights')!);
  expect(values.deref()).toHaveLength(1000);
  given = null;
  await new Promise((resolve) => setTimeout(resolve, 1));
  collect();
  expect(values.deref()).toBeUndefined();
  await keeper.close(true);
});
