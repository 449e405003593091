import { describe, expect, test } from 'vitest';
import { input, newGraph } from '../tensor/graph.ts';
import { scale } from '../tensor/ops/combine.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor } from './executor.ts';
import { unpackHalves } from './half.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { hasAccessors } from './webgpu/shaders.ts';

/** Numbers on their way through values in half precision: x is written by the host, y by a kernel; z = -y is read back in f32. */
function chain(factor: number) {
  const g = newGraph();
  const x = input(g, 'x', 'features', 'f32', 16384, 6, 'padded');
  const y = scale(g, x, factor);
  const z = scale(g, y, -1);
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [z] }, DEFAULT_LIMITS, { half: hasAccessors });
  return { plan, x, y, z };
}

const EXECUTORS: [string, string, (plan: ReturnType<typeof chain>['plan']) => Promise<Executor>][] = [
  ['CPU', '', async (plan) => cpuExecutor(plan)],
  [
    `WebGPU${NO_ADAPTER}`,
    NO_ADAPTER,
    async (plan) => {
      const { device, description } = await testDevice(DEFAULT_LIMITS);
      return webgpuExecutor(device, description, plan);
    },
  ],
];

/** Every number of half precision, and zeros. */
const ALL = new Float32Array(16384 * 6);
unpackHalves(
  Uint16Array.from({ length: 65536 }, (_, i) => i),
  ALL.subarray(0, 65536),
);

describe.each(EXECUTORS)('%s', (_, missing, open) => {
  async function through(factor: number, numbers: Float32Array): Promise<Float32Array> {
    const { plan, x, y, z } = chain(factor);
    expect(plan.placements.filter(({ half }) => half).map(({ piece }) => piece.value)).toEqual([x, y]);
    const executor = await open(plan);
    executor.write(x, numbers);
    await executor.run('main', { sizes: {}, scalars: {}, key: [0, 0] });
    const out = await executor.read(z);
    executor.destroy();
    return out as Float32Array;
  }

  test.skipIf(missing)('every number of half precision comes through as it is, infinities and NaN too', async () => {
    const out = await through(-1, ALL);
    for (const [i, number] of ALL.entries()) {
      // Subnormal numbers may be flushed: https://www.w3.org/TR/WGSL/#floating-point-evaluation
      if (Math.abs(number) < 2 ** -14 && out[i] === 0) continue;
      if (!Object.is(out[i], number)) expect([i, out[i]]).toEqual([i, number]);
    }
  });

  test.skipIf(missing)('what becomes larger than 65504 in a kernel is infinite, never another number', async () => {
    const numbers = new Float32Array(ALL.length);
    numbers.set([32752, -32752, 32768, -32768, 65504, -65504, Number.NaN, 1]);
    const out = await through(-2, numbers);
    const infinite = Number.POSITIVE_INFINITY;
    expect([...out.subarray(0, 8)]).toEqual([65504, -65504, infinite, -infinite, infinite, -infinite, Number.NaN, 2]);
  });
});
