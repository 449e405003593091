import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { roundToHalves } from './half.ts';
import { attentionCases } from './testing/attentionCases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type BuiltCase, buildCase, type OpCase, runCase, tightLimits } from './testing/opCase.ts';
import { difference } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { hasAccessors } from './webgpu/shaders.ts';

/** Attention whose matrices are kept in half precision, against the float64 oracle, which rounds nothing but gets rounded inputs. */

const cases = attentionCases();
const LIMITS: readonly (readonly [string, (test: OpCase) => Limits])[] = [
  ['whole', () => DEFAULT_LIMITS],
  ['in panels', tightLimits],
];

/** A result is rounded once, by up to 2^-11 of itself, and so is the output that its gradients go by. */
const NEAR = 2 ** -9;

function halved(test: OpCase, limits: Limits): BuiltCase {
  const built = buildCase(test, limits, { half: hasAccessors });
  for (const [, data] of [...built.inputs, ...built.weights]) if (data instanceof Float32Array) roundToHalves(data);
  return built;
}

async function expectNear(built: BuiltCase, executor: Parameters<typeof runCase>[1]): Promise<void> {
  const oracle = await runCase(built, cpuExecutor(built.plan, { precision: 64 }));
  const actual = await runCase(built, executor);
  executor.destroy();
  actual.forEach((array, i) => {
    const { error, scale } = difference(array, oracle[i]);
    expect(error, `result ${i}`).toBeLessThan(NEAR * scale);
  });
}

describe.each(LIMITS)('%s', (_, limits) => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  // Where a head has one channel, scores are as wide as features.
  test.each(cases.filter(({ name }) => !/of 1\b/.test(name)))('$name: what is as wide as all heads is half', (c) => {
    const { plan, moving, outputs, gradients } = halved(c, limits(c));
    const read = [...outputs, ...gradients.values()];
    const wide = plan.placements.filter(({ piece: { value } }) => value.cols === moving[0].cols && value.rows !== 1);
    const kept = wide.filter(({ piece: { value } }) => !read.includes(value));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.filter(({ half }) => !half)).toEqual([]);
  });

  test.each(cases)('$name on the CPU', async (c) => {
    const built = halved(c, limits(c));
    await expectNear(built, cpuExecutor(built.plan));
  });

  test.skipIf(NO_ADAPTER).each(cases)('$name on the GPU', async (c) => {
    const built = halved(c, limits(c));
    await expectNear(built, await webgpuExecutor(gpu.device, gpu.description, built.plan));
  });
});
