import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuExecutor } from './cpu/executor.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type BuiltCase, buildCase, runCase } from './testing/opCase.ts';
import { difference, FLOOR, measuring, withinRules } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Every op: gradients against finite differences of the float64 oracle, GPU values and gradients against the oracle. */

const cases = allCases();
const measure = measuring();
const oracleOf = (built: BuiltCase) => cpuExecutor(built.plan, { precision: 64, poison: true });

// Where entries tie, a maximum has no derivative to compare with.
describe('gradients against finite differences', () => {
  test.each(cases.filter((c) => buildCase(c).moving.length > 0 && !c.name.includes('tied')))('$name', async (c) => {
    const built = buildCase(c);
    const arrays = await runCase(built, oracleOf(built));
    const analytic = arrays.slice(built.outputs.length);
    // A loss is its own functional: the gradient is that of lossScale · the training column.
    const isLoss = built.weights.size === 0 || c.name.startsWith('masked');
    const functional = async (inputs: BuiltCase['inputs']) => {
      const outputs = await runCase({ ...built, inputs, gradients: new Map() }, oracleOf(built));
      if (isLoss) return built.step.scalars.lossScale * outputs[0][0];
      const weights = Array.from([...built.weights.values()][0]);
      return weights.reduce((sum: number, weight: number, i: number) => sum + weight * outputs[0][i], 0);
    };
    const h = 1e-5;
    let at = 0;
    for (const value of built.moving) {
      const gradient = analytic[at++];
      const data = built.inputs.find(([v]) => v === value)![1];
      for (let sample = 0; sample < 8; sample++) {
        const i = Math.floor((sample * 0.618034 * data.length) % data.length);
        const shifted = (by: number) =>
          built.inputs.map(([v, d]) => {
            if (v !== value) return [v, d] as const;
            const copy = Float64Array.from(d);
            copy[i] += by;
            return [v, copy] as const;
          });
        const numeric = ((await functional(shifted(h))) - (await functional(shifted(-h)))) / (2 * h);
        expect(Math.abs(gradient[i] - numeric)).toBeLessThan(1e-6 * (1 + Math.abs(numeric)));
      }
    }
  });
});

describe('CPU against the float64 oracle', () => {
  test.each(cases)('$name', async (c) => {
    const measured = await measure(c);
    const { ok, message } = withinRules(await runCase(measured.built, cpuExecutor(measured.built.plan)), measured);
    expect(ok, message).toBe(true);
  });
});

describe(`GPU against the float64 oracle${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test.skipIf(NO_ADAPTER).each(cases)('$name', async (c) => {
    const measured = await measure(c);
    const executor = await webgpuExecutor(gpu.device, gpu.description, measured.built.plan);
    const actual = await runCase(measured.built, executor);
    executor.destroy();
    const { ok, message } = withinRules(actual, measured);
    expect(ok, message).toBe(true);
  });
});

test('the CPU kernels in JavaScript stay near the oracle', async () => {
  for (const c of cases) {
    const { oracle, cpu } = await measure(c);
    cpu.forEach((array, i) => {
      const { error, scale } = difference(array, oracle[i]);
      // A log-sum-exp near 200 is itself rounded by up to 2^-17, a mean of 50 deviations by 2^-19 of one, which a column
      // of upstream gradients may multiply.
      const near = c.name.includes('far from zero') ? 2 ** -16 : c.name.includes('steep') ? FLOOR : 2 ** -20;
      // One number is a sum of terms near 1 that cancel, and is rounded like them.
      const size = array.length === 1 ? Math.max(1, scale) : scale;
      expect(error, `${c.name}, result ${i}`).toBeLessThanOrEqual(near * size);
    });
  }
});
