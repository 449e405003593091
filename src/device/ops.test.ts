import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sortedCsr } from '../graph/csr.ts';
import { shuffled } from '../graph/draw.ts';
import { seedKey } from '../graph/random.ts';
import { nastyCsr } from '../graph/testGraphs.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { allCases, spmmCase } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type BuiltCase, buildCase, difference, randoms, runCase, withinRule } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Every op: gradients against finite differences of the float64 oracle, GPU values and gradients against the oracle. */

const cases = allCases();
const oracleOf = (built: BuiltCase) => cpuExecutor(built.plan, { precision: 64, poison: true });

describe('gradients against finite differences', () => {
  test.each(cases.filter((c) => buildCase(c).moving.length > 0))('$name', async (c) => {
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

describe(`GPU against the float64 oracle${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test.skipIf(NO_ADAPTER).each(cases)('$name', async (c) => {
    const built = buildCase(c);
    const oracle = await runCase(built, oracleOf(built));
    const cpu = await runCase(built, cpuExecutor(built.plan));
    const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan);
    const actual = await runCase(built, executor);
    executor.destroy();
    actual.forEach((array, i) => {
      const { ok, message } = withinRule(array, cpu[i], oracle[i]);
      expect(ok, `${c.name}, result ${i}: ${message}`).toBe(true);
    });
  });
});

test('the float32 CPU kernels stay near the oracle', async () => {
  for (const c of cases) {
    const built = buildCase(c);
    const oracle = await runCase(built, oracleOf(built));
    const cpu = await runCase(built, cpuExecutor(built.plan));
    cpu.forEach((array, i) => {
      const { error, scale } = difference(array, oracle[i]);
      expect(error, `${c.name}, result ${i}`).toBeLessThanOrEqual(2 ** -20 * scale);
    });
  }
});

test('permuting the nodes permutes the result of an aggregation', async () => {
  const [nodes, width] = [700, 33];
  const csr = nastyCsr(nodes, 1, true);
  const order = shuffled(
    Uint32Array.from({ length: nodes }, (_, v) => v),
    seedKey(9),
  );
  const rowOf = new Uint32Array(csr.indices.length);
  for (let row = 0; row < nodes; row++) rowOf.fill(order[row], csr.indptr[row], csr.indptr[row + 1]);
  const columns = csr.indices.map((column) => order[column]);
  const permuted = sortedCsr(rowOf, columns, csr.values, nodes, nodes);
  const x = randoms(nodes * width, 3);
  const moved = new Float32Array(x.length);
  for (let v = 0; v < nodes; v++) moved.set(x.subarray(v * width, (v + 1) * width), order[v] * width);
  const run = async (matrix: typeof csr, data: Float32Array) => {
    const built = buildCase(spmmCase(width, true, matrix));
    const inputs = built.inputs.map(([value, array]) => [value, value.name === 'x' ? data : array] as const);
    const [out] = await runCase({ ...built, inputs }, cpuExecutor(built.plan));
    return out;
  };
  const before = await run(csr, x);
  const after = await run(permuted, moved);
  for (let v = 0; v < nodes; v++) {
    const row = after.subarray(order[v] * width, (order[v] + 1) * width);
    expect(difference(row, before.subarray(v * width, (v + 1) * width)).error).toBeLessThan(1e-5);
  }
});
