import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { gpu, NO_ADAPTER } from '../device/testing/dawn.ts';
import { evenMatrix } from '../graph/generators.ts';
import { BENCH_SUITES } from '../run/benchResult.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { attentionCase, attentionGradCase, gemmCase, type KernelCase, PARTS, spmmCase } from './kernelCases.ts';
import type { Measured } from './kernelMeasures.ts';
import { kernelShares } from './kernelShares.ts';
import { copies, measurements, SIZES, squareProducts } from './kernelSizes.ts';
import { kernels, tablesOf } from './kernels.ts';
import { planCase } from './kernelTiming.ts';
import type { BenchRequest } from './portable.ts';
import type { BenchContext } from './suite.ts';

/** Two nodes with three edges: one from each to itself, one from the second to the first. */
const TINY = {
  nodes: 2,
  entries: 3,
  matrix: () => ({ ...evenMatrix(2, 3, 2, 1), indices: Uint32Array.of(0, 1, 1) }),
};

const CEILINGS = [...copies(SIZES.quick), ...squareProducts(SIZES.quick)];

const planned = (kernel: KernelCase) => planCase(kernel, { limits: DEFAULT_LIMITS });

test('bytes and operations of a tiny graph, by hand', () => {
  const multiply = spmmCase(TINY, 4, false);
  // Three pointers, three columns, three values; three rows are gathered and two are written, 16 bytes each.
  expect([multiply.moved, multiply.compulsory]).toEqual([36 + 5 * 16, 36 + 4 * 16]);
  expect(planned(multiply).flops).toBe(3 * 4 * 2);
  const transposed = spmmCase(TINY, 4, true);
  expect([transposed.moved, planned(transposed).flops]).toEqual([multiply.moved, 24]);

  const attention = attentionCase(TINY, 8);
  // Three pointers and columns. Eight numbers and eight scores from each source; scores, result, log-sum-exp of each target.
  expect([attention.moved, attention.compulsory]).toEqual([24 + 3 * 64 + 2 * 96, 24 + 2 * 64 + 2 * 96]);
  // For an entry and head: 3 for the score, 5 for the softmax, 2; for a row and head: one channel and 3.
  expect(planned(attention).flops).toBe(3 * 8 * 10 + 2 * 8 * 4);

  const backward = attentionGradCase(TINY, 8);
  // Both directions. h and a score, upstream and three numbers; of a node four rows and five numbers per head.
  expect([backward.moved, backward.compulsory]).toEqual([48 + 3 * (64 + 128) + 2 * 288, 48 + 2 * 288]);

  const gemm = gemmCase('tn', 2, 3, 4);
  expect([gemm.moved, gemm.compulsory]).toEqual([4 * (6 + 12 + 8), 4 * (6 + 12 + 8)]);
});

test.each(['nn', 'nt', 'tn'] as const)('a product %s multiplies what it says', (orientation) => {
  const { plan, feed, repeats } = planned(gemmCase(orientation, 8, 16, 32));
  const products = plan.routines.main.filter(({ kernel }) => kernel.startsWith(`matmul.${orientation}`));
  const flops = products.map((dispatch) => dispatch.at({ sizes: feed.sizes, scalars: {}, key: [0, 0] }).flops);
  // A product of transposed rows adds its parts up in the same dispatch; here there is one.
  const merged = orientation === 'tn' ? 8 * 32 : 0;
  expect(flops).toEqual(Array.from({ length: repeats }, () => 2 * 8 * 16 * 32 + merged));
});

test('every case is a sound plan that holds its op as often as it says, in buffers that are shared', () => {
  for (const kernel of [...CEILINGS, ...measurements(SIZES.quick)]) {
    const { plan, flops, feed, repeats } = planned(kernel);
    expect(verifyPlan(plan), kernel.name).toEqual([]);
    const step = { sizes: feed.sizes, scalars: {}, key: [0, 0] as const };
    const total = plan.routines.main.reduce((sum, dispatch) => sum + dispatch.at(step).flops, 0);
    expect(total, kernel.name).toBe(repeats * flops);
    expect(repeats).toBeGreaterThan(1);
    const fed = feed.arrays.reduce((sum, [, { byteLength }]) => sum + byteLength, 0);
    const working = plan.buffers.filter(({ purpose }) => !['uniforms', 'staging'].includes(purpose));
    expect(
      working.reduce((sum, { bytes }) => sum + bytes, 0),
      kernel.name,
    ).toBeLessThan(2 * (fed + kernel.compulsory));
  }
});

test('shares are of the fastest copy and the fastest square product of the run', () => {
  const exactly = (ms: number) => ({ median: ms, lo: ms, hi: ms });
  const kernel = (part: KernelCase['part'], name: string, moved: number): KernelCase => ({
    ...{ part, name, moved, compulsory: moved / 2 },
    declare: () => () => {},
  });
  const measured: Measured[] = [
    { kernel: kernel('copy', 'slow copy', 4e6), flops: 0, time: exactly(4), relative: exactly(2) },
    { kernel: kernel('copy', 'copy', 4e6), flops: 0, time: exactly(2), relative: exactly(1) },
    { kernel: { ...kernel('gemm', 'gemm', 1e6), side: 8 }, flops: 8e6, time: exactly(1), relative: exactly(0.5) },
    { kernel: kernel('gemm', 'tall', 1e6), flops: 12e6, time: exactly(1), relative: exactly(0.5) },
    // The machine was twice as slow as with the others, and so was the copy beside it.
    { kernel: kernel('spmm', 'spmm', 1e6), flops: 2e6, time: exactly(2), relative: exactly(0.5) },
  ];
  const device = {
    backend: 'webgpu',
    vendor: '',
    architecture: '',
    description: 'an adapter',
    software: true,
  } as const;
  const tables = tablesOf(measured, device);
  expect(tables.map(({ title }) => title)).toEqual(
    [PARTS.copy, PARTS.spmm, PARTS.gemm].map((title) => `${title} · webgpu: an adapter (software)`),
  );
  // ms and its interval, GB/s, % of copy, compulsory GB/s, GFLOP/s, % of the best product.
  expect(tables[0].rows[0].slice(1)).toEqual([4, 4, 4, 1, 50, 0.5, 0, 0]);
  expect(tables[0].rows[1].slice(1)).toEqual([2, 2, 2, 2, 100, 1, 0, 0]);
  expect(tables[1].rows[0].slice(1)).toEqual([2, 2, 2, 0.5, 50, 0.25, 1, 25]);
  expect(tables[2].rows[0].slice(1)).toEqual([1, 1, 1, 1, 50, 0.5, 8, 100]);
  expect(tables[2].rows[1].slice(1)).toEqual([1, 1, 1, 1, 50, 0.5, 12, 150]);
});

test('the quick suite measures every part on the CPU', async () => {
  const said: string[] = [];
  const context: BenchContext = {
    backends: [{ kind: 'cpu' }],
    seeds: 1,
    quick: true,
    asked: { sets: [] },
    graph: () => Promise.reject(new Error('no dataset is needed')),
    progress: (text) => said.push(text),
  };
  const { rows, tables, goals, device } = await kernels(context);
  expect(device.backend).toBe('cpu');
  for (const { name, median, lo, hi } of rows) {
    expect(lo, name).toBeGreaterThan(0);
    expect(hi, name).toBeLessThan(Infinity);
    expect(median >= lo && median <= hi, name).toBe(true);
  }
  // All that is measured, two shares of the copy, and four comparisons; that with the peers has nobody to be held against.
  const count = CEILINGS.length + measurements(SIZES.quick).length;
  expect(rows.length).toBe(count + 2 + 4);
  expect(tables.flatMap((table) => table.rows)).toHaveLength(count);
  expect(tables.map(({ title }) => title)).toEqual(
    Object.values(PARTS).map((title) => `${title} · cpu: ${device.description} (software)`),
  );
  for (const row of tables.flatMap((table) => table.rows)) {
    const numbers = row.slice(1) as number[];
    expect(
      numbers.every((value) => Number.isFinite(value) && value >= 0),
      String(row),
    ).toBe(true);
    expect(numbers[0] > 0 && numbers[1] > 0).toBe(true);
  }
  const best = (part: keyof typeof PARTS, column: number, pattern: RegExp) => {
    const { rows: list } = tables.find(({ title }) => title.startsWith(PARTS[part]))!;
    return Math.max(...list.filter(([name]) => pattern.test(String(name))).map((row) => Number(row[column])));
  };
  expect([best('copy', 5, /./), best('gemm', 8, /64 × 64 × 64/)]).toEqual([100, 100]);
  expect(goals).toEqual([]);
  expect(said.filter((text) => text.includes('left out'))).toEqual([]);

  const some = await kernels({ ...context, only: 'column sum' });
  expect(some.rows.map(({ name }) => name)).toEqual([
    ...CEILINGS.map(({ name }) => `${name} (cpu)`),
    'column sum, 1k × 16 (cpu)',
  ]);
});

test('a page times as many kernels as it says, each as a share of its ceiling', async () => {
  const products = squareProducts(SIZES.page);
  const aggregations = measurements(SIZES.page).filter(({ part }) => part === 'spmm' || part === 'transposed');
  expect(copies(SIZES.page).length + products.length + aggregations.length).toBe(BENCH_SUITES.kernels.parts);

  const told: string[] = [];
  const request: BenchRequest = {
    backend: { kind: 'cpu' },
    config: DEFAULTS,
    repetitions: 6,
    job: () => {
      throw new Error('nothing is trained');
    },
    progress: (done, total) => told.push(`${done} of ${total}`),
  };
  const { rows, device } = await kernelShares(request, SIZES.quick);
  expect(device.backend).toBe('cpu');
  expect(rows.map(({ name }) => name)).toEqual([
    ...CEILINGS.map(({ name }) => name),
    ...measurements(SIZES.quick).flatMap(({ part, name }) => (/^spmm|^transposed/.test(part) ? [name] : [])),
  ]);
  const best = (note: string) =>
    Math.max(...rows.flatMap((row) => (row.note === note ? [row.figures.share!.median] : [])));
  expect(best('of the best product')).toBe(1);
  expect(rows.filter(({ name }) => name.startsWith('copy')).some(({ figures }) => figures.share!.median === 1)).toBe(
    true,
  );
  expect(told.at(-1)).toBe('5 of 5');

  const controller = new AbortController();
  const progress = () => controller.abort();
  await expect(kernelShares({ ...request, progress, signal: controller.signal }, SIZES.quick)).rejects.toThrow(
    /abort/i,
  );
});

test.skipIf(NO_ADAPTER)('a product is held against that of each peer', async () => {
  const log: string[] = [];
  const gemm = async (side: number) =>
    ['one', 'other'].map((name) => async () => ({
      ...{ name, version: '1', formulation: `side ${side}` },
      run: (times: number) => new Promise<void>((done) => setTimeout(done, 2 * times)),
      dispose: () => void log.push(name),
    }));
  const context: BenchContext = {
    backends: [{ kind: 'webgpu', gpu }],
    seeds: 1,
    quick: true,
    only: 'gemm nn, 64',
    asked: { sets: [] },
    graph: () => Promise.reject(new Error('no dataset is needed')),
    progress: () => {},
  };
  const { rows } = await kernels(context, { gemm });
  const compared = rows.filter(({ unit }) => unit === 'times as fast');
  expect(compared.map(({ name }) => name)).toEqual([
    'gemm nn, 64 × 64 × 64 against one 1 (side 64) (webgpu)',
    'gemm nn, 64 × 64 × 64 against other 1 (side 64) (webgpu)',
  ]);
  expect(compared.every(({ median }) => median > 0 && Number.isFinite(median))).toBe(true);
  expect(log).toEqual(['one', 'other']);
});
