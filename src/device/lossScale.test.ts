import { describe, expect, test } from 'vitest';
import type { Plan } from '../tensor/plan.ts';
import { cpuExecutor, cpuKernels } from './cpu/executor.ts';
import type { Executor } from './executor.ts';
import { BAD, GOOD, SKIPPED, scaledStep, TAKEN } from './testing/badGradient.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Whatever is not finite in a gradient is found, wherever it stands: nothing is updated, and the scale halves. */

const EXECUTORS: readonly (readonly [string, boolean, (plan: Plan) => Promise<Executor>])[] = [
  ['CPU', false, async (plan) => cpuExecutor(plan)],
  ['CPU, kernels in JavaScript', false, async (plan) => cpuExecutor(plan, { kernels: cpuKernels })],
  ['float64 oracle', false, async (plan) => cpuExecutor(plan, { precision: 64 })],
  [
    `WebGPU${NO_ADAPTER}`,
    NO_ADAPTER !== '',
    async (plan) => {
      const { device, description } = await testDevice();
      const executor = await webgpuExecutor(device, description, plan);
      const destroy = () => {
        executor.destroy();
        device.destroy();
      };
      return { ...executor, destroy };
    },
  ],
];

describe.each(EXECUTORS)('%s', (_, missing, open) => {
  test.skipIf(missing).each([
    ['adam', false],
    ['sgd', true],
  ] as const)('%s, clipped: %s', async (rule, clip) => {
    const { plan, run } = scaledStep(rule, clip);
    const executor = await open(plan);
    try {
      for (const bad of BAD) {
        const { changed, scale } = await run(executor, bad);
        expect({ bad, changed: changed.includes(true), scale }).toEqual({ bad, changed: false, scale: SKIPPED });
      }
      const { changed, scale } = await run(executor, GOOD);
      expect(changed).not.toContain(false);
      expect(scale).toEqual(TAKEN);
    } finally {
      executor.destroy();
    }
  });
});
