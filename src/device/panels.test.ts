import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { sortedCsr } from '../graph/csr.ts';
import { powerLawGraph } from '../graph/generators.ts';
import { activation, input, newGraph } from '../tensor/graph.ts';
import { relu } from '../tensor/ops/activation.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias } from '../tensor/ops/elementwise.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { sumRows } from '../tensor/ops/sumRows.ts';
import { DEFAULT_LIMITS, type Limits, makePlan, type Plan } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor } from './executor.ts';
import { kernels } from './kernels.ts';
import { allCases, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, type OpCase, randoms, runCase, SCALARS, tightLimits } from './testing/opCase.ts';
import { measuring, withinRules } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Values over the binding limit are kept as column panels, and every op works on them. */

/** Bindings of 24 KiB: panels of several vec4, of different widths in matrices of different heights. */
const SMALL = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 24 * 1024 };

const isCut = ({ plan }: ReturnType<typeof buildCase>) => plan.placements.some(({ piece }) => piece.panel > 0);

/** As small as the index lists allow: panels of one vec4, mostly. */
const tight = allCases().filter((c) => isCut(buildCase(c, tightLimits(c))));
const small = allCases().filter((c) => {
  try {
    return isCut(buildCase(c, SMALL));
  } catch (error) {
    // Index lists are never cut, nor are attention heads.
    if (error instanceof InputError) return false;
    throw error;
  }
});
const LIMITS = [
  { title: 'the smallest bindings', cases: tight, limitsOf: tightLimits },
  { title: 'bindings of 24 KiB', cases: small, limitsOf: () => SMALL },
];

/** Kernels that touch lists, tables, single rows and numbers per head alone, or take whole matrices only: nothing of theirs is ever cut. */
const NEVER_CUT =
  /^(sparse\.(?!dense)|reduce\.total|normColumns\.(mergeMoments|updateRunning)|metrics\.(clear|count|confuse)$|attention\.(pack\.(vector|nodes)|mergeSum)|loss\.softmax|optimizer\.(adamClock|clipScale|lossScale))/;

test('every kernel that can be handed a panel is handed one', () => {
  const handed = tight.flatMap((c) =>
    buildCase(c, tightLimits(c))
      .plan.routines.main.filter(({ reads, writes }) => Object.values({ ...reads, ...writes }).some((p) => p.panel > 0))
      .map(({ kernel }) => kernel),
  );
  expect([...new Set(handed)].sort()).toEqual(
    Object.keys(kernels)
      // Other tiles in panels: tiles.test.ts.
      .filter((name) => !NEVER_CUT.test(name) && !name.includes('#'))
      .sort(),
  );
});

const whole = measuring();

/** What a case in panels gives is measured by the same case as a whole. */
async function expectSame(c: OpCase, limits: Limits, open: (plan: Plan) => Promise<Executor>): Promise<void> {
  const parts = buildCase(c, limits);
  const executor = await open(parts.plan);
  const actual = await runCase(parts, executor);
  executor.destroy();
  const { ok, message } = withinRules(actual, await whole(c));
  expect(ok, message).toBe(true);
}

describe.each(LIMITS)('$title', ({ cases, limitsOf }) => {
  test.each(cases)('$name on the CPU', async (c) => {
    await expectSame(c, limitsOf(c), async (plan) => cpuExecutor(plan, { poison: true }));
  });
});

describe(`on the GPU${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  describe.each(LIMITS)('$title', ({ cases, limitsOf }) => {
    test.skipIf(NO_ADAPTER).each(cases)('$name', async (c) => {
      await expectSame(c, limitsOf(c), (plan) => webgpuExecutor(gpu.device, gpu.description, plan));
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
