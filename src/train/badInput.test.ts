import { describe, expect, test } from 'vitest';
import { DeviceError, InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import { gpu } from '../device/testing/dawn.ts';
import { countBuffers } from '../device/webgpu/countBuffers.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Matrix } from '../formats/matrix.ts';
import { arrange } from '../graph/arrange.ts';
import type { Graph } from '../graph/graph.ts';
import type { Weights } from '../model/stored.ts';
import { memoryStore } from '../store/memory.ts';
import { localBatchSource } from './batchSource.ts';
import { forecast, type Job, predict, train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
import { configOf, graphData, SAMPLED, testGraph } from './testing/graphs.ts';

/** What cannot run says so in one sentence, and leaves nothing behind. */

const graph = testGraph();

/** One sentence that names what must be named. */
async function refusal(promise: Promise<unknown>, kind: typeof InputError | typeof DeviceError): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(kind);
  const { message } = error as Error;
  expect(message).toMatch(/^[^\n]+\.$/);
  return message;
}

function job(changes: Partial<Config> = {}, given: Partial<Job> = {}): Job {
  return { graph, config: configOf(changes), backend: CPU.backend, fit: false, ...given };
}

/** Fails where an adapter is asked for: bad input is refused before a device is opened. */
const untouched = {
  kind: 'webgpu',
  gpu: {
    requestAdapter() {
      throw new Error('a device was asked for');
    },
  } as unknown as GPU,
} as const;

function withSplit(change: (code: number) => number): Graph {
  return { ...graph, splits: graph.splits.map((split) => split.map(change)) };
}

describe('a job that cannot run is refused before a device is asked for', () => {
  test('a split that is not there', async () => {
    const message = await refusal(train(job({ 'data.split': 3 }, { backend: untouched })), InputError);
    expect(message).toContain('data.split cannot be 3');
    expect(message).toContain(graph.name);
  });

  test('no training node', async () => {
    const none = withSplit((code) => (code === SPLIT.train ? SPLIT.none : code));
    const message = await refusal(train(job({}, { graph: none, backend: untouched })), InputError);
    expect(message).toContain('no training node');
  });

  test('one class, or none', async () => {
    const labels = graph.labels.map((label) => Math.min(label, 0));
    const one = { ...graph, labels, classNames: ['only'] };
    expect(await refusal(train(job({}, { graph: one, backend: untouched })), InputError)).toContain('1 class');
    const none = arrange({ ...graphData(), labels: null, classNames: [] });
    expect(await refusal(train(job({}, { graph: none, backend: untouched })), InputError)).toContain('no classes');
  });

  test.each(['dense', 'sparse'] as const)('features that half precision cannot hold, %s', async (kind) => {
    const given = testGraph({ features: kind });
    const values = given.features.values!.map((x, i) => (i === 7 ? -70_000 : x));
    const large = { ...given, features: { ...given.features, values } as Matrix };
    const f16 = { 'compute.precision': 'f16', 'data.normalizeFeatures': false } as const;
    const message = await refusal(train(job(f16, { graph: large, backend: untouched })), InputError);
    expect(message).toMatch(/a feature of size 70000, .* 65504; use f32, or set data\.normalizeFeatures=true/);
    for (const fitting of [{}, { 'compute.precision': 'f32' }, { 'data.normalizeFeatures': true }] as const) {
      const graph = Object.keys(fitting).length > 0 ? large : given;
      expect((await train(job({ ...f16, ...fitting, 'training.epochs': 1 }, { graph }))).epochs).toHaveLength(1);
    }
  });
});

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing)('a budget too small, fitted or not', async () => {
    for (const fit of [true, false]) {
      const message = await refusal(train(job({ 'memory.gpuBudget': 100 }, { backend, fit })), InputError);
      expect(message).toMatch(/memory\.gpuBudget is 100 bytes, but this run needs \d+/);
    }
  });

  test.skipIf(missing)('weights of another shape, and missing weights', async () => {
    const { weights } = await train(job({ 'training.epochs': 1 }, { backend }));
    const wider = predict({ ...job({ 'model.hidden': 9 }, { backend }), weights });
    expect(await refusal(wider, InputError)).toContain('convs.0.lin.weight is 8 × 7 with 56 numbers, but');
    const deeper = predict({ ...job({ 'model.layers': 3 }, { backend }), weights });
    expect(await refusal(deeper, InputError)).toMatch(/convs\.\d\.[\w.]+ is/);
    const fewer = new Map<string, Weights>([...weights].slice(1));
    const without = predict({ ...job({}, { backend }), weights: fewer });
    expect(await refusal(without, InputError)).toContain('convs.0.lin.weight is missing');
    const otherKind = predict({ ...job({ 'model.kind': 'mlp' }, { backend }), weights });
    expect(await refusal(otherKind, InputError)).toContain('lins.0.weight is missing');
  });
});

describe('files', () => {
  test('memory.store=file without a place for files', async () => {
    const message = await refusal(train(job({ ...SAMPLED, 'memory.store': 'file' })), InputError);
    expect(message).toContain('memory.store');
  });

  test.skipIf(WEBGPU.missing)('and nothing is left on the device', async () => {
    const counted = countBuffers(gpu);
    const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
    await refusal(train(job({ ...SAMPLED, 'memory.store': 'file' }, { backend })), InputError);
    expect(counted.held()).toBe(0);
    expect(counted.devices().opened).toBe(counted.devices().destroyed);
  });

  test('an abort while the graph is stored leaves no chunk', async () => {
    const store = memoryStore();
    const abort = new AbortController();
    const put = store.put.bind(store);
    let chunks = 0;
    const slow = {
      ...store,
      put: (key: string, bytes: Uint8Array) => {
        if (++chunks === 3) abort.abort(new Error('enough'));
        return put(key, bytes);
      },
    };
    const config = { ...SAMPLED, 'memory.store': 'file', 'memory.chunkBytes': 256 } as const;
    await expect(train(job(config, { store: slow, signal: abort.signal }))).rejects.toThrow('enough');
    expect(chunks).toBeGreaterThanOrEqual(3);
    expect(await store.keys('')).toEqual([]);
  });
});

describe('devices', () => {
  test('no adapter', async () => {
    const none = { requestAdapter: async () => null } as unknown as GPU;
    const message = await refusal(train(job({}, { backend: { kind: 'webgpu', gpu: none } })), DeviceError);
    expect(message).toContain('no WebGPU adapter');
  });

  test.skipIf(WEBGPU.missing)('a refused allocation says what was asked for and releases the rest', async () => {
    const counted = countBuffers(gpu);
    // The third buffer is larger than any device has.
    const failing: Pick<GPU, 'requestAdapter'> = {
      async requestAdapter(options) {
        const adapter = (await counted.gpu.requestAdapter(options))!;
        const request = adapter.requestDevice.bind(adapter);
        adapter.requestDevice = async (descriptor) => {
          const device = await request(descriptor);
          const create = device.createBuffer.bind(device);
          let made = 0;
          device.createBuffer = (wanted) => create(++made === 3 ? { ...wanted, size: 2 ** 50 } : wanted);
          return device;
        };
        return adapter;
      },
    };
    const backend = { kind: 'webgpu', gpu: failing as GPU } as const;
    const message = await refusal(train(job({}, { backend })), DeviceError).catch((error: Error) => error.message);
    expect(message).toMatch(/the device refused \d+ bytes/);
    expect(counted.held()).toBe(0);
    expect(counted.devices()).toEqual({ opened: 1, destroyed: 1 });
  });
});

describe.skipIf(WEBGPU.missing)('a device with less memory than the budget says', () => {
  /** Refuses whatever would make it hold more. */
  function cramped(most: number) {
    const counted = countBuffers(gpu);
    const small: Pick<GPU, 'requestAdapter'> = {
      async requestAdapter(options) {
        const adapter = (await counted.gpu.requestAdapter(options))!;
        const request = adapter.requestDevice.bind(adapter);
        adapter.requestDevice = async (descriptor) => {
          const device = await request(descriptor);
          const create = device.createBuffer.bind(device);
          device.createBuffer = (wanted) =>
            create(counted.held() + wanted.size > most ? { ...wanted, size: 2 ** 50 } : wanted);
          return device;
        };
        return adapter;
      },
    };
    return { counted, backend: { kind: 'webgpu', gpu: small as GPU } as const };
  }
  const graph = testGraph({ nodes: 2000 });
  const changes = { ...SAMPLED, 'training.epochs': 2, 'sampling.batchSize': 512, 'evaluation.batchSize': 512 } as const;

  test('halves its plans, goes on, and says that another run may differ', async () => {
    const asked = await forecast(job(changes, { graph, backend: WEBGPU.backend }));
    const { counted, backend } = cramped(0.25 * asked.memory.gpu);
    const run = await train(job(changes, { graph, backend, fit: true }));
    expect(run.memory.refusals).toBe(2);
    expect(run.fitted['sampling.batchSize']).toBeLessThan(512);
    expect(run.epochs).toHaveLength(2);
    expect(run.memory.peak.gpu).toBeLessThanOrEqual(0.25 * asked.memory.gpu);
    expect(counted.held()).toBe(0);
  });

  test('gives up after three, in one sentence, and at once where nothing may be fitted', async () => {
    const { counted, backend } = cramped(2000);
    for (const [fit, devices] of [
      [true, 4],
      [false, 5],
    ] as const) {
      expect(await refusal(train(job(changes, { graph, backend, fit })), DeviceError)).toMatch(
        /the device refused \d+ bytes/,
      );
      expect(counted.held()).toBe(0);
      expect(counted.devices()).toEqual({ opened: devices, destroyed: devices });
    }
  });
});

describe('an abort in the middle of a run rejects with its reason and releases everything', () => {
  const LONG = { 'training.epochs': 10_000 } as const;

  test.each([
    ['full batch', LONG],
    ['sampled', { ...LONG, ...SAMPLED }],
  ] as const)('CPU, %s', async (_, changes) => {
    const abort = new AbortController();
    const told: number[] = [];
    const onEpoch = ({ epoch }: { epoch: number }) => {
      told.push(epoch);
      if (epoch === 3) abort.abort(new Error('enough'));
    };
    await expect(train(job(changes, { signal: abort.signal, onEpoch }))).rejects.toThrow('enough');
    // Epochs already under way may still be told, none after the rejection.
    const then = told.length;
    expect(then).toBeLessThan(10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toHaveLength(then);
  });

  test.skipIf(WEBGPU.missing).each([
    ['full batch', LONG],
    ['sampled', { ...LONG, ...SAMPLED }],
  ] as const)(`${WEBGPU.title}, %s`, async (_, changes) => {
    const counted = countBuffers(gpu);
    const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
    const abort = new AbortController();
    const told: number[] = [];
    const onEpoch = ({ epoch }: { epoch: number }) => {
      told.push(epoch);
      if (epoch === 3) abort.abort(new Error('enough'));
    };
    await expect(train(job(changes, { backend, signal: abort.signal, onEpoch }))).rejects.toThrow('enough');
    expect(counted.peak()).toBeGreaterThan(0);
    expect(counted.held()).toBe(0);
    expect(counted.devices()).toEqual({ opened: 1, destroyed: 1 });
    const then = told.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toHaveLength(then);
  });

  test.skipIf(WEBGPU.missing)('a listener that throws does the same', async () => {
    const counted = countBuffers(gpu);
    const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === 3) throw new Error('cannot draw this');
    };
    await expect(train(job(LONG, { backend, onEpoch }))).rejects.toThrow('cannot draw this');
    expect(counted.held()).toBe(0);
    expect(counted.devices()).toEqual({ opened: 1, destroyed: 1 });
  });

  test.skipIf(WEBGPU.missing)('a device that is lost in the middle ends the run in words', async () => {
    const counted = countBuffers(gpu);
    let opened: GPUDevice | null = null;
    const losing: Pick<GPU, 'requestAdapter'> = {
      async requestAdapter(options) {
        const adapter = (await counted.gpu.requestAdapter(options))!;
        const request = adapter.requestDevice.bind(adapter);
        adapter.requestDevice = async (descriptor) => {
          opened = await request(descriptor);
          return opened;
        };
        return adapter;
      },
    };
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch === 3) opened!.destroy();
    };
    const backend = { kind: 'webgpu', gpu: losing as GPU } as const;
    const run = train(job(LONG, { backend, onEpoch }));
    await expect(run).rejects.toThrow(DeviceError);
    await expect(run).rejects.toThrow(/lost|read back/);
    expect(counted.held()).toBe(0);
  });

  test('also from a timer, on an executor that never waits', async () => {
    const signal = AbortSignal.timeout(30);
    await expect(train(job({ 'training.epochs': 1_000_000 }, { signal }))).rejects.toThrow(/time/i);
  });

  test('before the first epoch', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(train(job(LONG, { signal }))).rejects.toThrow('never mind');
  });
});

test('a source of batches is closed where the device fails before the first step', async () => {
  let executor: Executor | null = null;
  let open = 0;
  const failing = job(
    { ...SAMPLED, 'evaluation.strategy': 'full' },
    {
      onOpen: (opened) => {
        executor = opened.executor;
      },
      async openBatchSource(...args) {
        const source = await localBatchSource(...args);
        open++;
        executor!.write = () => {
          throw new DeviceError('The device is full.');
        };
        return { ...source, close: async () => void open-- };
      },
    },
  );
  await refusal(train(failing), DeviceError);
  expect(open).toBe(0);
});
