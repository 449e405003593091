import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { rowSlice, sortedCsr } from '../graph/csr.ts';
import { deriveKey, threefry } from '../graph/random.ts';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph } from '../tensor/graph.ts';
import { gatAttention, gatv2Attention } from '../tensor/ops/attention.ts';
import { rowDots } from '../tensor/ops/rowDots.ts';
import { sparseDropout } from '../tensor/ops/sparse.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor, HostArray } from './executor.ts';
import { floatsPerEntry } from './testing/attentionCases.ts';
import { directedCsr, scattered, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { expectEqual, KEY, oracle, sum, table } from './testing/formulas.ts';
import { type Data, dense, SCALARS } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Attention against its formula, and what it must never do: store anything per entry, overflow, or look at local numbers. */

const SLOPE = 0.2;
const leaky = (x: number) => (x < 0 ? SLOPE * x : x);

/** out[i, head·channels + c] = Σ α · kept · x, with α by the definition of the softmax. */
function attend(
  csr: CsrMatrix,
  x: HostArray,
  heads: number,
  channels: number,
  score: (source: number, target: number, head: number) => number,
  kept: (source: number, target: number, head: number) => number = () => 1,
): Float64Array {
  const width = heads * channels;
  return table(csr.rows, width, (row, column) => {
    const head = Math.floor(column / channels);
    const sources = [...csr.indices.subarray(csr.indptr[row], csr.indptr[row + 1])];
    const partition = sum(sources.length, (e) => Math.exp(score(sources[e], row, head)));
    return sum(sources.length, (e) => {
      const alpha = Math.exp(score(sources[e], row, head)) / partition;
      return alpha * kept(sources[e], row, head) * x[sources[e] * width + column];
    });
  });
}

/** 16 bits for each of four heads, by the global ids of both ends. */
function keeping(ids: Uint32Array, stream: number) {
  const [key0, key1] = deriveKey(KEY, stream, 0);
  const threshold = Math.round(SCALARS.attentionDropout * 65_536);
  const hash = new Uint32Array(2);
  return (source: number, target: number, head: number) => {
    threefry(key0, key1 + Math.floor(head / 4), ids[target], ids[source], hash);
    const bits = (hash[(head % 4) >> 1] >>> (head % 2 ? 16 : 0)) & 0xffff;
    return bits < threshold ? 0 : 1 / (1 - threshold / 65_536);
  };
}

const NODES = 700;
const square = directedCsr(NODES, 1, true);
const block = rowSlice(directedCsr(NODES, 2, false), 0, 400);

describe('formulas', () => {
  test.each([
    [square, 3, 5, 'none'],
    [square, 6, 3, 'global'],
    [block, 1, 8, 'none'],
    [block, 6, 2, 'local'],
  ] as const)('GAT, %#', async (csr, heads, channels, dropout) => {
    const ids = dropout === 'local' ? scattered(csr.cols) : Uint32Array.from({ length: csr.cols }, (_, v) => v);
    let [h, s, t]: HostArray[] = [];
    const [out] = await oracle((g) => {
      const { matrix, data, sizes } = sparseInputs(g, csr);
      expect(sizes['graph.heavy']).toBeGreaterThan(0);
      const list: Data = [input(g, 'ids', 'graph', 'u32', csr.cols, 1), ids];
      const more = [
        dense(g, 'h', csr.cols, heads * channels),
        dense(g, 's', csr.cols, heads),
        dense(g, 't', csr.rows, heads),
      ];
      [h, s, t] = more.map(([, array]) => array);
      const [hv, sv, tv] = more.map(([value]) => value);
      const drop = { none: null, global: { ids: null }, local: { ids: list[0] } }[dropout];
      const attended = gatAttention(g, matrix, hv, sv, tv, { heads, negativeSlope: SLOPE, dropout: drop });
      return { data: [...data, ...(dropout === 'local' ? [list] : []), ...more], outputs: [attended], sizes };
    });
    const score = (source: number, target: number, head: number) =>
      leaky(s[source * heads + head] + t[target * heads + head]);
    expectEqual(out, attend(csr, h, heads, channels, score, dropout === 'none' ? undefined : keeping(ids, 0)));
  });

  test.each([
    [square, 3, 5, 'none'],
    [square, 6, 3, 'global'],
    [block, 1, 8, 'none'],
    [block, 6, 2, 'local'],
  ] as const)('GATv2, %#', async (csr, heads, channels, dropout) => {
    const ids = dropout === 'local' ? scattered(csr.cols) : Uint32Array.from({ length: csr.cols }, (_, v) => v);
    const width = heads * channels;
    let [x, y, a]: HostArray[] = [];
    const [out] = await oracle((g) => {
      const { matrix, data, sizes } = sparseInputs(g, csr);
      const list: Data = [input(g, 'ids', 'graph', 'u32', csr.cols, 1), ids];
      const more = [dense(g, 'x', csr.cols, width), dense(g, 'y', csr.rows, width), dense(g, 'a', 1, width)];
      [x, y, a] = more.map(([, array]) => array);
      const [xv, yv, av] = more.map(([value]) => value);
      const drop = { none: null, global: { ids: null }, local: { ids: list[0] } }[dropout];
      const attended = gatv2Attention(g, matrix, xv, yv, av, { heads, negativeSlope: SLOPE, dropout: drop });
      return { data: [...data, ...(dropout === 'local' ? [list] : []), ...more], outputs: [attended], sizes };
    });
    const score = (source: number, target: number, head: number) =>
      sum(channels, (c) => {
        const column = head * channels + c;
        return a[column] * leaky(x[source * width + column] + y[target * width + column]);
      });
    expectEqual(out, attend(csr, x, heads, channels, score, dropout === 'none' ? undefined : keeping(ids, 0)));
  });

  test('dot products of rows per head, and their gradients', async () => {
    const [rows, heads, channels] = [500, 3, 5];
    const width = heads * channels;
    let [x, a, up]: HostArray[] = [];
    const [out, ofX, ofA] = await oracle((g) => {
      const data = [dense(g, 'x', rows, width), dense(g, 'a', 1, width), dense(g, 'up', rows, heads)];
      [x, a, up] = data.map(([, array]) => array);
      const [xv, av, upv] = data.map(([value]) => value);
      const dots = rowDots(g, xv, av, heads);
      return { data, outputs: [dots, ...gradients(g, [xv, av], new Map([[dots, upv]])).values()] };
    });
    const headOf = (column: number) => Math.floor(column / channels);
    expectEqual(
      out,
      table(rows, heads, (i, head) =>
        sum(channels, (c) => x[i * width + head * channels + c] * a[head * channels + c]),
      ),
    );
    expectEqual(
      ofX,
      table(rows, width, (i, j) => up[i * heads + headOf(j)] * a[j]),
    );
    expectEqual(
      ofA,
      table(1, width, (_, j) => sum(rows, (i) => up[i * heads + headOf(j)] * x[i * width + j])),
    );
  });
});

/** Both attentions one after the other, and gradients of everything; scores are multiplied by `scale`. */
function network(csr: CsrMatrix, heads: number, channels: number, scale: number, ids: Uint32Array | null) {
  const g = newGraph();
  const { matrix, data, sizes } = sparseInputs(g, csr);
  const width = heads * channels;
  const x = dense(g, 'x', csr.cols, width);
  const vectors = ['source', 'target', 'attention'].map((name) => dense(g, name, 1, width));
  for (const [, array] of vectors) for (let i = 0; i < array.length; i++) array[i] *= scale;
  const [source, target, vector] = vectors.map(([value]) => value);
  const listed = input(g, 'ids', 'graph', 'u32', csr.cols, 1);
  const list: Data[] = ids ? [[listed, ids]] : [];
  const options = { heads, negativeSlope: SLOPE, dropout: { ids: ids && listed } };
  const scores = [source, target].map((part) => rowDots(g, x[0], part, heads));
  const first = gatAttention(g, matrix, x[0], scores[0], scores[1], options);
  const second = gatv2Attention(g, matrix, first, first, vector, options);
  const upstream = dense(g, 'upstream', csr.rows, width);
  const found = gradients(g, [x[0], source, target, vector], new Map([[second, upstream[0]]]));
  const readable = [first, second, ...found.values()];
  const plan = makePlan({ graph: g, capacity: sizes, results: [], readable }, DEFAULT_LIMITS);
  const run = async (executor: Executor): Promise<HostArray[]> => {
    for (const [value, array] of [...data, ...list, x, ...vectors, upstream]) executor.write(value, array);
    await executor.run('main', { sizes, scalars: SCALARS, key: KEY });
    const arrays: HostArray[] = [];
    for (const value of readable) arrays.push(await executor.read(value));
    executor.destroy();
    return arrays;
  };
  return { plan, run };
}

describe('on both executors', () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  describe.each([
    { title: 'CPU', skipped: '', open: async (plan: Plan): Promise<Executor> => cpuExecutor(plan) },
    {
      title: `WebGPU${NO_ADAPTER}`,
      skipped: NO_ADAPTER,
      open: (plan: Plan): Promise<Executor> => webgpuExecutor(gpu.device, gpu.description, plan),
    },
  ])('$title', ({ skipped, open }) => {
    test.skipIf(skipped)('scores of ten thousand overflow nothing; a row without entries is zero', async () => {
      const { plan, run } = network(square, 2, 3, 20_000, null);
      const arrays = await run(await open(plan));
      for (const array of arrays) expect(array.every(Number.isFinite)).toBe(true);
      for (const out of arrays.slice(0, 2)) {
        expect(out.some((value) => Math.abs(value) > 0.9)).toBe(true);
        for (let row = 0; row < square.rows; row++) {
          if (square.indptr[row + 1] > square.indptr[row]) continue;
          expect([...out.subarray(row * 6, row * 6 + 6)]).toEqual([0, 0, 0, 0, 0, 0]);
        }
      }
    });

    test.skipIf(skipped)('the same bits twice, and the same masks whether ids are listed or not', async () => {
      const plain = network(square, 5, 3, 1, null);
      const arrays = await plain.run(await open(plain.plan));
      expect(await plain.run(await open(plain.plan))).toEqual(arrays);
      const listed = network(
        square,
        5,
        3,
        1,
        Uint32Array.from({ length: NODES }, (_, v) => v),
      );
      expect(await listed.run(await open(listed.plan))).toEqual(arrays);
      const others = network(square, 5, 3, 1, scattered(NODES));
      expect(await others.run(await open(others.plan))).not.toEqual(arrays);
    });
  });
});

describe('plans', () => {
  /** Every node adjacent to every other: 40,000 entries, 200 of each row. */
  const nodes = 200;
  const pairs = Uint32Array.from({ length: nodes * nodes }, (_, e) => e);
  const complete = sortedCsr(
    pairs.map((e) => Math.floor(e / nodes)),
    pairs.map((e) => e % nodes),
    null,
    nodes,
    nodes,
  );

  test('no value of attention, forward or backward, has a float per entry', () => {
    const { plan } = network(complete, 8, 4, 1, null);
    expect(plan.placements.some(({ bytes }) => bytes >= 4 * complete.indices.length)).toBe(true);
    expect(floatsPerEntry(plan, complete.indices.length)).toEqual([]);
  });

  test('a plan that has one is noticed', () => {
    const g = newGraph();
    const { matrix, sizes } = sparseInputs(g, complete);
    const out = spmm(g, sparseDropout(g, matrix, null), dense(g, 'x', nodes, 4)[0]);
    const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: [out] }, DEFAULT_LIMITS);
    expect(floatsPerEntry(plan, complete.indices.length)).toContain('graph dropped');
  });

  test('a cut through a head is refused in words', () => {
    const { plan } = network(complete, 2, 6, 1, null);
    expect(plan.placements.every(({ piece }) => piece.panel === 0)).toBe(true);
    const g = newGraph();
    const { matrix, sizes } = sparseInputs(g, square);
    const [h, s, t] = [48, 4, 4].map((cols, i) => dense(g, `value ${i}`, NODES, cols)[0]);
    gatAttention(g, matrix, h, s, t, { heads: 4, negativeSlope: SLOPE, dropout: null });
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: NODES * 4 * 16 };
    const planned = () => makePlan({ graph: g, capacity: sizes, results: [], readable: [] }, limits);
    expect(planned).toThrow(/value 0 and gat .* through a head of 12 channels; .*sampling\.strategy=neighbor/);
  });
});
