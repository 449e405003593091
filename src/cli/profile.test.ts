import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { memoryStore } from '../store/memory.ts';
import type { Job } from '../train/job.ts';
import { train } from '../train/session.ts';
import { BACKENDS, CPU } from '../train/testing/backends.ts';
import { expectSameBits } from '../train/testing/compare.ts';
import { configOf, SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { encodeTrace } from './chromeTrace.ts';
import { newRecorder, type Recorder } from './profile.ts';
import { durationOf, readTrace } from './testTrace.ts';

/** Traces of real runs. */

const graph = testGraph({ features: 'sparse' });
const STORED = { ...SAMPLED, 'memory.store': 'file', 'memory.cacheBytes': 0 } as const satisfies Partial<Config>;

async function profiled(backend: Job['backend'], config: Config, recorder: Recorder, changes: Partial<Job> = {}) {
  const store = recorder.store(memoryStore());
  const trained = await train({ graph, config, backend, fit: false, store, ...recorder.job, ...changes });
  return { trained, ...readTrace(encodeTrace(recorder.trace('here', {}))) };
}

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing).each([
    ['full batch', {}, ['epochs', 'read-back', 'upload']],
    ['sampled', SAMPLED, ['epochs', 'read-back', 'sampling', 'upload']],
    ['sampled from a store', STORED, ['I/O', 'epochs', 'read-back', 'sampling', 'upload']],
  ] as const)('%s: the same bits, and each lane that there is', async (_, changes, lanes) => {
    const config = configOf({ ...changes, 'training.epochs': 4 });
    const plain = await train({ graph, config, backend, fit: false, store: memoryStore() });
    const recorder = newRecorder(3);
    const { trained, host, kernels } = await profiled(backend, config, recorder);
    expectSameBits(trained, plain);
    expect(trained.kernels).toBe(plain.kernels);
    expect(trained.memory.peak.gpu).toBe(trained.memory.forecast.gpu);

    expect([...host.keys()].sort()).toEqual(lanes);
    expect(recorder.epochs).toBe(3);
    const epochs = host.get('epochs')!;
    const names = ['training', 'evaluation'];
    expect(epochs.map(({ name }) => name)).toEqual([1, 2, 3].flatMap((epoch) => [...names, `epoch ${epoch}`]));

    expect(recorder.withoutKernels).toBe(false);
    expect(kernels.has('loss.softmaxGrad')).toBe(true);
    const whole = epochs.filter(({ name }) => name.startsWith('epoch'));
    const busy = durationOf([...kernels.values()].flat());
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThanOrEqual(durationOf(whole));
  });
});

test('a run whose device has no timestamps: everything but the kernels', async () => {
  const recorder = newRecorder(3);
  const observeExecutor: Job['observeExecutor'] = (executor, plan) =>
    recorder.job.observeExecutor({ ...executor, profile: undefined }, plan);
  const { host, kernels } = await profiled(CPU.backend, configOf(), recorder, { observeExecutor });
  expect(recorder.withoutKernels).toBe(true);
  expect(kernels.size).toBe(0);
  expect(host.get('epochs')).toHaveLength(9);
});

test('a trace is no longer than it may be, but has its epochs', async () => {
  const recorder = newRecorder(3, 50);
  const { host, kernels } = await profiled(CPU.backend, configOf(SAMPLED), recorder);
  const epochs = host.get('epochs')!.length;
  expect(recorder.cut).toBe(true);
  expect(epochs).toBe(9);
  const others = [...host.values(), ...kernels.values()].flat().length - epochs;
  expect(others).toBeLessThanOrEqual(50);
  expect(others).toBeGreaterThan(40);
});
