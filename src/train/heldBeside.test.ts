import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { newLedger } from '../device/ledger.ts';
import { weightsBytes } from '../model/stored.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ResumePoint } from './checkpoint.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpointFile.ts';
import { graphBytes } from './hostMemory.ts';
import type { Job } from './job.ts';
import { initialise } from './run.ts';
import { forecast, predict, train } from './session.ts';
import { CPU } from './testing/backends.ts';
import { configOf, testGraph } from './testing/graphs.ts';
import { FULL, graph, play } from './testing/play.ts';
import { readWeights } from './weights.ts';

/** What is there beside the plan and its batches: checkpoints that are kept, weights that are left, what others hold. */

const { backend } = CPU;
const instruments = { checkpoints: true, keptCheckpoints: true };
const dataset = { name: graph.name, nodes: graph.nodes, edges: 1, features: 1, classes: 4, fingerprint: 'f' };
const OFTEN: Config = { ...FULL, 'training.checkpointEvery': 1 };

const fileOf = (config: Config, point: ResumePoint) =>
  encodeCheckpoint({ engine: ENGINE_VERSION, config, dataset, source: 'here', point });

/** Keeps checkpoints as the command line does, but in memory; `sizes` are those of the files, one after another. */
function keeping(config: Config) {
  const sizes: number[] = [];
  let last: Uint8Array | null = null;
  const onCheckpoint: Job['onCheckpoint'] = async (point, { host, disk }) => {
    const bytes = fileOf(config, point);
    host.add('checkpoint', bytes.length);
    disk.add('checkpoint', bytes.length);
    await new Promise((resolve) => setTimeout(resolve));
    disk.remove('checkpoint', last?.length ?? 0);
    host.remove('checkpoint', bytes.length);
    last = bytes;
    sizes.push(bytes.length);
  };
  return { sizes, last: () => last!, job: { instruments, checkpointMs: 0, onCheckpoint } };
}

describe('checkpoints that are kept', () => {
  test.each<[string, Config]>([
    ['a few epochs', OFTEN],
    ['a long curve', { ...OFTEN, 'training.epochs': 100 }],
    ['a large model', { ...OFTEN, 'model.hidden': 256, 'training.epochs': 60 }],
  ])('take the disk twice at the most, and their file in memory: %s', async (_, config) => {
    const kept = keeping(config);
    // Before each epoch whatever is being written is written to its end.
    const ready = () => new Promise<void>((resolve) => setTimeout(resolve, 2));
    const control = { ready, changes: () => ({}), wantsPredictions: () => false, stopping: () => false };
    const { run } = await play(backend, config, { job: { ...kept.job, control } });
    const { forecast: said, peak } = run.memory;
    expect(kept.sizes.length).toBeGreaterThan(1);
    const pairs = kept.sizes.slice(1).map((size, i) => size + kept.sizes[i]);
    expect(peak.disk).toBe(Math.max(...pairs));
    expect(peak.disk).toBeLessThanOrEqual(said.disk);
    // The bound has room for texts, and for every epoch.
    expect(said.disk).toBeLessThan(peak.disk + 2 * (64 * 1024));
    expect(peak.host).toBeLessThanOrEqual(said.host);
    const without = await forecast({ graph, config, backend, fit: true, instruments: { checkpoints: true } });
    expect(without.memory.disk).toBe(0);
    expect(said.host - without.memory.host).toBeGreaterThan(kept.sizes[0]);
  });

  test('more epochs and many changes by hand raise what is forecast, and the files stay inside it', async () => {
    const kept = keeping(OFTEN);
    const after = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [i + 1, { 'training.lr': 0.01 + i / 1e6, 'training.epochs': 500 }]),
    );
    const { run } = await play(backend, OFTEN, { after, job: kept.job });
    expect(run.events.length).toBeGreaterThanOrEqual(400);
    const planned = await forecast({ graph, config: OFTEN, backend, fit: true, instruments });
    expect(run.memory.forecast.disk).toBeGreaterThan(planned.memory.disk);
    expect(run.memory.peak.disk).toBeGreaterThan(0);
    expect(run.memory.peak.disk).toBeLessThanOrEqual(run.memory.forecast.disk);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
  });

  test('a disk budget that is too small for them is refused, and the sentence says what else to do', async () => {
    const { memory } = await forecast({ graph, config: OFTEN, backend, fit: true, instruments });
    const config = { ...OFTEN, 'memory.diskBudget': memory.disk - 1 };
    const tight = forecast({ graph, config, backend, fit: true, instruments });
    await expect(tight).rejects.toThrow(/keep no checkpoints \(training\.checkpointEvery=0\)\.$/);
  });
});

describe('the state that a run goes on from', () => {
  /** Collects what nothing holds; vitest starts node without a door to that. */
  const collect = () => {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  };

  test.each([false, true])(
    'is freed as soon as the run has a newer one, unless somebody else holds it: %s',
    async (elsewhere) => {
      const first = keeping(OFTEN);
      await play(backend, { ...OFTEN, 'training.epochs': 4 }, { job: first.job });
      const kept = first.last();
      const second = keeping(OFTEN);
      const state: WeakRef<object>[] = [];
      const held: ResumePoint[] = [];
      const resume = () => {
        const { point } = decodeCheckpoint(kept, 'here');
        for (const values of point.values.values()) state.push(new WeakRef(values));
        if (elsewhere) held.push(point);
        return point;
      };
      const alive: number[] = [];
      const onEpoch = async () => {
        // A weak reference holds its object until the turn is over.
        await new Promise((resolve) => setTimeout(resolve));
        collect();
        alive.push(state.filter((value) => value.deref() !== undefined).length);
      };
      const waits: Promise<void>[] = [];
      const { run } = await play(backend, OFTEN, {
        job: {
          ...second.job,
          resume,
          keptBytes: kept.length,
          onEpoch: () => void waits.push(onEpoch()),
          control: {
            ready: async () => void (await Promise.all(waits)),
            changes: () => ({}),
            wantsPredictions: () => false,
            stopping: () => false,
          },
        },
      });
      expect(state.length).toBeGreaterThan(4);
      // Each epoch has ended with a checkpoint, so the first one here already took its place.
      expect(alive.slice(1).every((count) => count === (held.length > 0 ? state.length : 0))).toBe(true);
      // What was on disk is counted from the beginning.
      expect(run.memory.peak.disk).toBeGreaterThanOrEqual(kept.length + second.sizes[0]);
      expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
    },
  );
});

describe('weights', () => {
  test('that a run leaves are on its ledger, and in its forecast where nothing else is larger', async () => {
    // So wide that the weights are more than all batches.
    const little = testGraph({ nodes: 40 });
    const config = configOf({ 'model.kind': 'mlp', 'model.hidden': 512, 'training.epochs': 1 });
    const run = await train({ graph: little, config, backend, fit: false });
    const left = weightsBytes(run.weights);
    const { memory } = await forecast({ graph: little, config, backend, fit: false });
    expect(run.memory.peak.host).toBeGreaterThanOrEqual(graphBytes(little) + left);
    expect(run.memory.peak.host).toBe(run.memory.forecast.host);
    expect(memory).toEqual(run.memory.forecast);
  });

  test('are charged one by one as they are made and written to the device', () => {
    const host = newLedger();
    const held: number[] = [];
    const parameters = [3, 5, 2].map((rows) => ({ value: { rows, cols: 4 }, initial: { constant: 0 } }));
    const executor = { write: (_: unknown, { byteLength }: Float32Array) => held.push(host.held, byteLength) };
    const context = { executor, host, root: [0, 0] } as unknown as Parameters<typeof initialise>[0];
    initialise(context, { training: { parameters } } as unknown as Parameters<typeof initialise>[1]);
    expect(held).toEqual([48, 48, 80, 80, 32, 32]);
    expect([host.held, host.peak]).toEqual([0, 80]);
  });

  test('are charged one by one as they are read', async () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const value = { name: 'w', rows: 2, cols: 3 };
    const host = newLedger();
    const parameters = [{ value, shape: [3, 2], transposed: true }];
    const run = {
      executor: { read: async () => data },
      context: { host },
      fit: { forecast: { training: { parameters } } },
    };
    const weights = await readWeights(run as unknown as Parameters<typeof readWeights>[0]);
    expect([...weights.get('w')!.data]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([host.held, host.peak]).toEqual([24, 48]);
  });

  test('to predict with are part of what a prediction needs', async () => {
    const config = configOf({ 'training.epochs': 1 });
    const { weights } = await train({ graph, config, backend, fit: false });
    const bytes = weightsBytes(weights);
    const budget = (worker: number) =>
      predict({ graph, config: { ...config, 'memory.workerBudget': worker }, backend, fit: false, weights });
    const needed = Number(/needs (\d+)/.exec(await budget(1).then(String, (error: Error) => error.message))![1]);
    await expect(budget(needed - 1)).rejects.toThrow(`needs ${needed}`);
    expect((await budget(needed)).probabilities.length).toBe(4 * graph.nodes);
    expect(needed).toBeGreaterThan(graphBytes(graph) + bytes);
  });
});

test('what others hold beside a run is in its forecast, on its ledger and inside its budget, byte for byte', async () => {
  const config = configOf({ 'training.epochs': 1 });
  const of = (beside: number, changes: Partial<Config> = {}) =>
    train({ graph, config: { ...config, ...changes }, backend, fit: false, instruments: { beside } });
  const [alone, shared] = [await of(0), await of(12_345)];
  expect(shared.memory.forecast.host - alone.memory.forecast.host).toBe(12_345);
  expect(shared.memory.peak.host - alone.memory.peak.host).toBe(12_345);
  const tight = { 'memory.workerBudget': alone.memory.forecast.host };
  await of(0, tight);
  await expect(of(1, tight)).rejects.toThrow('memory.workerBudget');
});
