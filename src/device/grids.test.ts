import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sortedCsr } from '../graph/csr.ts';
import { input, newGraph } from '../tensor/graph.ts';
import { relu } from '../tensor/ops/activation.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, type Limits, makePlan, WORKGROUP } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { HostArray } from './executor.ts';
import { allCases, matmulCase, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, type OpCase, randoms, runCase, SCALARS } from './testing/opCase.ts';
import { difference } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

const cases = [
  ...allCases().filter(({ name }) =>
    /width 33|33 × 257|42 classes|Adam|SGD|sumRows width 257|heads of (5|33)\b/.test(name),
  ),
  matmulCase('tn', 301, 64, 257),
];

/** Default limits, but a row of the grid holds just as many workgroups as make the largest grid of the case a square. */
function narrow(c: OpCase): Limits {
  const { plan, step } = buildCase(c);
  const threads = Math.max(...plan.routines.main.map((dispatch) => dispatch.at(step).threads));
  return { ...DEFAULT_LIMITS, maxComputeWorkgroupsPerDimension: Math.ceil(Math.sqrt(threads / WORKGROUP)) };
}

/** More workgroups than one dimension of a grid holds (65,535): the second dimension takes the rest. */
describe(`grids of two dimensions${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test('these cases fold grids of every kind of kernel', () => {
    const folded = cases.flatMap((c) => {
      const { plan, step } = buildCase(c, narrow(c));
      const most = WORKGROUP * plan.limits.maxComputeWorkgroupsPerDimension;
      return plan.routines.main.filter((d) => d.at(step).threads > most).map(({ kernel }) => kernel);
    });
    for (const kernel of ['matmul.nn', 'matmul.nt', 'matmul.tn', 'aggregate.rows.sum.weighted']) {
      expect(folded).toContain(kernel);
    }
    for (const kernel of ['reduce.columnSum', 'reduce.columnSum.whole']) expect(folded).toContain(kernel);
    for (const kernel of ['elementwise.add', 'elementwise.addBias', 'activation.relu', 'activation.reluGrad']) {
      expect(folded).toContain(kernel);
    }
    for (const kernel of ['dropout.local', 'loss.crossEntropyGrad', 'optimizer.adam']) {
      expect(folded).toContain(kernel);
    }
  });

  test.skipIf(NO_ADAPTER).each(cases)('$name, with rows of the grid as short as they may be', async (c) => {
    const arrays: HostArray[][] = [];
    for (const built of [buildCase(c, narrow(c)), buildCase(c)]) {
      const executor = await webgpuExecutor(gpu.device, { ...gpu.description, software: false }, built.plan);
      arrays.push(await runCase(built, executor));
      executor.destroy();
    }
    expect(arrays[0]).toEqual(arrays[1]);
  });

  test.skipIf(NO_ADAPTER)('140,000 rows in 70,000 workgroups', { timeout: 120_000 }, async () => {
    const [rows, width] = [140_000, 128];
    const g = newGraph();
    const ring = Uint32Array.from({ length: rows }, (_, i) => i);
    const shuffled = ring.map((i) => (i * 31 + 7) % rows);
    const { matrix, data, sizes } = sparseInputs(g, sortedCsr(ring, shuffled, null, rows, rows));
    const x = input(g, 'x', 'activations', 'f32', rows, width, 'padded');
    const out = spmm(g, matrix, relu(g, x));
    const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: [out] }, DEFAULT_LIMITS);
    const step = { sizes, scalars: SCALARS, key: [1, 2] as const };
    for (const dispatch of plan.routines.main) {
      const { threads } = dispatch.at(step);
      if (threads > 0) expect(Math.ceil(threads / 64)).toBeGreaterThan(65_535);
    }
    const values = randoms(rows * width, 1);
    // As a GPU would get it: workgroups of 64.
    const executor = await webgpuExecutor(gpu.device, { ...gpu.description, software: false }, plan);
    const arrays: HostArray[] = [];
    for (const runner of [executor, cpuExecutor(plan)]) {
      for (const [value, array] of [...data, [x, values] as const]) runner.write(value, array);
      await runner.run('main', step);
      arrays.push(await runner.read(out));
      runner.destroy();
    }
    expect(difference(arrays[0], arrays[1]).error).toBe(0);
    expect(arrays[0].some((value) => value > 0.9)).toBe(true);
  });
});
