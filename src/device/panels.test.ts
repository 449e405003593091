import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { sortedCsr } from '../graph/csr.ts';
import { powerLawGraph } from '../graph/generators.ts';
import { activation, input, newGraph } from '../tensor/graph.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias, relu, sumRows } from '../tensor/ops/elementwise.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { allCases, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, randoms, runCase, SCALARS, withinRule } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Values over the binding limit are kept as column panels, and every op works on them. */

/** Bindings of the op cases as small as their index lists allow, so that every wide matrix is cut. */
const SMALL = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 24 * 1024 };
const cases = allCases().filter(({ name }) => /width (64|257)|× 257|257 ×|257 classes|Adam/.test(name));
const cut = cases.filter((c) => {
  try {
    return buildCase(c, SMALL).plan.placements.some(({ piece }) => piece.panel > 0);
  } catch (error) {
    // Some index lists are larger than that limit: these cannot be bound at all.
    if (error instanceof InputError) return false;
    throw error;
  }
});

test('every op but the optimiser has a case that is cut into panels', () => {
  const kernels = new Set(
    cut.flatMap((c) => Object.values(buildCase(c, SMALL).plan.routines).flatMap((list) => list.map((d) => d.kernel))),
  );
  for (const kernel of ['matmul.nn', 'matmul.nt', 'matmul.tn', 'aggregate.rows.sum.weighted', 'loss.logSumExp']) {
    expect([...kernels]).toContain(kernel);
  }
  for (const kernel of ['elementwise.addBias', 'elementwise.reluGrad', 'dropout.global', 'metrics.argMax']) {
    expect([...kernels]).toContain(kernel);
  }
});

test.each(cut)('$name in panels equals the whole on the CPU', async (c) => {
  const whole = buildCase(c);
  const parts = buildCase(c, SMALL);
  expect(verifyPlan(parts.plan)).toEqual([]);
  const oracle = await runCase(whole, cpuExecutor(whole.plan, { precision: 64 }));
  const cpu = await runCase(whole, cpuExecutor(whole.plan));
  const panelled = await runCase(parts, cpuExecutor(parts.plan, { poison: true }));
  panelled.forEach((array, i) => {
    const { ok, message } = withinRule(array, cpu[i], oracle[i]);
    expect(ok, message).toBe(true);
  });
});

describe(`on the GPU${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test.skipIf(NO_ADAPTER).each(cut)('$name in panels', async (c) => {
    const whole = buildCase(c);
    const parts = buildCase(c, SMALL);
    const oracle = await runCase(whole, cpuExecutor(whole.plan, { precision: 64 }));
    const cpu = await runCase(whole, cpuExecutor(whole.plan));
    const executor = await webgpuExecutor(gpu.device, gpu.description, parts.plan);
    const actual = await runCase(parts, executor);
    executor.destroy();
    actual.forEach((array, i) => {
      const { ok, message } = withinRule(array, cpu[i], oracle[i]);
      expect(ok, message).toBe(true);
    });
  });

  test.skipIf(NO_ADAPTER)('a dropout mask does not depend on the panels', async () => {
    const run = async (limits: typeof SMALL) => {
      const g = newGraph();
      const x = input(g, 'x', 'activations', 'f32', 100, 257, 'padded');
      const out = dropout(g, x, null);
      const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [out] }, limits);
      const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
      executor.write(x, randoms(100 * 257, 1));
      await executor.run('main', { sizes: {}, scalars: SCALARS, key: [3, 4] });
      const array = await executor.read(out);
      executor.destroy();
      return { array, panels: plan.placements.filter(({ piece }) => piece.value === out).length };
    };
    const whole = await run(DEFAULT_LIMITS);
    const parts = await run(SMALL);
    expect([whole.panels, parts.panels > 1]).toEqual([1, true]);
    expect(parts.array).toEqual(whole.array);
  });

  test.skipIf(NO_ADAPTER)(
    '169,343 × 256 floats, over the default binding limit, through a layer',
    { timeout: 120_000 },
    async () => {
      const [nodes, width, inner] = [169_343, 256, 8];
      const { source, target } = powerLawGraph(nodes, 40_000, 1);
      const csr = sortedCsr(target, source, null, nodes, nodes);
      const g = newGraph();
      const { matrix, data, sizes } = sparseInputs(g, csr);
      const x = input(g, 'x', 'features', 'f32', nodes, inner, 'padded');
      const w = input(g, 'W', 'parameters', 'f32', inner, width, 'padded');
      const b = input(g, 'b', 'parameters', 'f32', 1, width, 'padded');
      const h = relu(g, addBias(g, matmul(g, x, w), b));
      const sums = sumRows(g, h, 'column sums');
      const aggregated = spmm(g, matrix, h);
      const back = matmul(g, aggregated, w, 'nt');
      const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: [sums, back] }, DEFAULT_LIMITS);
      expect(verifyPlan(plan)).toEqual([]);
      expect(plan.placements.filter(({ piece }) => piece.value === h).length).toBe(2);
      const [xs, ws, bs] = [randoms(nodes * inner, 1), randoms(inner * width, 2), randoms(width, 3)];
      const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
      for (const [value, array] of [...data, [x, xs] as const, [w, ws] as const, [b, bs] as const]) {
        executor.write(value, array);
      }
      await executor.run('main', { sizes, scalars: SCALARS, key: [1, 2] });
      const actualSums = await executor.read(sums);
      const actualBack = await executor.read(back);
      executor.destroy();

      const hidden = (node: number) =>
        Float64Array.from({ length: width }, (_, c) => {
          let sum = bs[c];
          for (let k = 0; k < inner; k++) sum += xs[node * inner + k] * ws[k * width + c];
          return Math.max(0, sum);
        });
      const totals = new Float64Array(width);
      for (let node = 0; node < nodes; node++) {
        const row = hidden(node);
        for (let c = 0; c < width; c++) totals[c] += row[c];
      }
      for (let c = 0; c < width; c++) expect(Math.abs(actualSums[c] / totals[c] - 1)).toBeLessThan(1e-4);
      const busiest = csr.indptr.slice(0, nodes).reduce((best, _, row) => {
        const degree = csr.indptr[row + 1] - csr.indptr[row];
        return degree > csr.indptr[best + 1] - csr.indptr[best] ? row : best;
      }, 0);
      for (const row of [busiest, 0, 1, 77_777, nodes - 1]) {
        const sum = new Float64Array(width);
        for (let e = csr.indptr[row]; e < csr.indptr[row + 1]; e++)
          hidden(csr.indices[e]).forEach((v, c) => {
            sum[c] += v;
          });
        for (let k = 0; k < inner; k++) {
          let expected = 0;
          for (let c = 0; c < width; c++) expected += sum[c] * ws[k * width + c];
          expect(Math.abs(actualBack[row * inner + k] - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)));
        }
      }
    },
  );
});

test('what cannot be cut is refused in words', () => {
  const g = newGraph();
  const { sizes, matrix } = sparseInputs(g, sortedCsr(new Uint32Array(9000), new Uint32Array(9000), null, 1, 1));
  spmm(g, matrix, activation(g, 'x', 1, 4));
  const plan = () => makePlan({ graph: g, capacity: sizes, results: [], readable: [] }, SMALL);
  expect(plan).toThrow(InputError);
  expect(plan).toThrow(/graph columns takes 36000 bytes .* at most 24576 .*sampling\.strategy=neighbor/);
});
