import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { arrange } from '../graph/arrange.ts';
import type { Block } from '../graph/block.ts';
import { sortedCsr } from '../graph/csr.ts';
import { edgeThreshold, isDropped, keptDegrees } from '../graph/dropEdges.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { sampleNeighbors } from '../graph/neighborSampler.ts';
import { deriveKey, type Key, threefry } from '../graph/random.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph } from '../tensor/graph.ts';
import { dropEdges, type EdgeNorm, normalizeEdges } from '../tensor/ops/edges.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor, HostArray } from './executor.ts';
import { directedCsr, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { expectEqual, KEY, oracle, sum, table } from './testing/formulas.ts';
import { type Data, dense, randoms, SCALARS } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** DropEdge against its definition, and a sampled block against the whole graph. */

/** The definition again: one hash per pair of ids in ascending order, of which 16 bits are compared with the rate. */
function dropped(stream: number, rate: number, a: number, b: number): boolean {
  const [key0, key1] = deriveKey(KEY, stream, 0);
  const hash = new Uint32Array(2);
  threefry(key0, key1, Math.min(a, b), Math.max(a, b), hash);
  return a !== b && hash[0] % 65_536 < rate * 65_536;
}

/** rows × cols, duplicates added up, without the dropped edges of stream 0 at the rate of SCALARS. */
function remaining({ rows, cols, indptr, indices, values }: CsrMatrix, ids: ArrayLike<number>): Float64Array {
  const out = new Float64Array(rows * cols);
  const rate = edgeThreshold(SCALARS.dropEdge) / 65_536;
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      if (!dropped(0, rate, ids[row], ids[indices[e]])) out[row * cols + indices[e]] += values ? values[e] : 1;
    }
  }
  return out;
}

describe('the oracle against the definition', () => {
  const nodes = 300;
  const width = 3;

  test.each<[EdgeNorm | 'sum', boolean, boolean]>([
    ['sum', false, true],
    ['sum', true, false],
    ['mean', false, true],
    ['mean', true, false],
    ['symmetric', false, true],
    ['symmetric', true, false],
  ])(
    '%s, weighted: %s, local rows: %s: values, and the gradient of what is gathered',
    async (norm, weighted, local) => {
      // Without loops some rows add up to 0.
      const csr = local ? directedCsr(nodes, 4, weighted) : withLoops(directedCsr(nodes, 4, weighted));
      const numbers = Uint32Array.from({ length: nodes }, (_, v) => (local ? 5 * v + 3 : v));
      let [x, upstream]: HostArray[] = [];
      const [out, gradient] = await oracle((g) => {
        const { matrix, data, sizes } = sparseInputs(g, csr);
        const ids: Data = [input(g, 'ids', 'graph', 'u32', nodes, 1), numbers];
        const more = [dense(g, 'x', nodes, width), dense(g, 'upstream', nodes, width)];
        [x, upstream] = more.map(([, array]) => array);
        const kept = dropEdges(g, matrix, local ? ids[0] : null);
        const gathered = spmm(g, norm === 'sum' ? kept : normalizeEdges(g, kept, norm), more[0][0]);
        const found = gradients(g, [more[0][0]], new Map([[gathered, more[1][0]]]));
        return { data: [...data, ...(local ? [ids] : []), ...more], outputs: [gathered, ...found.values()], sizes };
      });
      const a = remaining(csr, numbers);
      const degree = table(nodes, 1, (i) => sum(nodes, (j) => a[i * nodes + j]));
      const norms = {
        sum: () => 1,
        mean: (i: number) => degree[i],
        symmetric: (i: number, j: number) => Math.sqrt(degree[i] * degree[j]),
      };
      const entry = (i: number, j: number) => (norms[norm](i, j) > 0 ? a[i * nodes + j] / norms[norm](i, j) : 0);
      expectEqual(
        out,
        table(nodes, width, (i, c) => sum(nodes, (j) => entry(i, j) * x[j * width + c])),
      );
      expectEqual(
        gradient,
        table(nodes, width, (j, c) => sum(nodes, (i) => entry(i, j) * upstream[i * width + c])),
      );
    },
  );

  test('nothing is dropped in evaluation, nor at the rate 0; hops of one stream share their edges, others do not', async () => {
    const csr = directedCsr(nodes, 4, true);
    const run = (rate: number) =>
      oracle(
        (g) => {
          const { matrix, data, sizes } = sparseInputs(g, csr);
          const stream = g.randomStreams++;
          const matrices = [
            dropEdges(g, matrix, null, false),
            dropEdges(g, matrix, null, true, stream),
            dropEdges(g, matrix, null, true, stream),
            dropEdges(g, matrix, null),
          ];
          return { data, outputs: matrices.map(({ forward }) => forward.values!), sizes };
        },
        [{ dropEdge: rate }],
      );
    const [evaluation, first, second, other] = await run(0.3);
    expect(evaluation).toEqual(Float64Array.from(csr.values!));
    expect(first).toEqual(second);
    expect(first).not.toEqual(other);
    for (const values of await run(0)) expect(values).toEqual(evaluation);
  });

  test('a matrix that is its own transpose stays one, except as a mean', async () => {
    const g = newGraph();
    const { matrix } = sparseInputs(g, directedCsr(50, 1, true));
    const symmetric = { ...matrix, backward: matrix.forward };
    const kept = dropEdges(g, symmetric, null);
    expect(kept.backward).toBe(kept.forward);
    const normalized = normalizeEdges(g, kept, 'symmetric');
    expect(normalized.backward).toBe(normalized.forward);
    const mean = normalizeEdges(g, kept, 'mean');
    expect(mean.backward.values).not.toBe(mean.forward.values);
    expect(mean.backward.indices).toBe(mean.forward.indices);
  });
});

describe('the rate', () => {
  const key: Key = [11, 12];
  const hash = new Uint32Array(2);
  const nodes = 400;
  const pairs = (nodes * (nodes - 1)) / 2;

  /** 1 for each pair that is dropped. */
  function drawn(rate: number, of: Key): Uint8Array {
    const out = new Uint8Array(pairs);
    let at = 0;
    for (let a = 0; a < nodes; a++) {
      for (let b = 0; b < a; b++) out[at++] = isDropped(of, edgeThreshold(rate), a, b, hash) ? 1 : 0;
    }
    return out;
  }
  const count = (list: Uint8Array) => list.reduce((total, one) => total + one, 0);

  test.each([0, 0.1, 0.5, 0.9])('%d of all pairs, within five standard deviations', (rate) => {
    const share = count(drawn(rate, key)) / pairs;
    expect(Math.abs(share - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * (1 - rate)) / pairs));
  });

  test('of each node alike, and apart from step to step', () => {
    const rate = 0.3;
    const one = drawn(rate, key);
    const other = drawn(rate, deriveKey(key, 1, 0));
    const both = count(one.map((value, i) => value * other[i])) / pairs;
    expect(Math.abs(both - rate * rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * rate * (1 - rate * rate)) / pairs));
    const ofNode = new Float64Array(nodes);
    let at = 0;
    for (let a = 0; a < nodes; a++) {
      for (let b = 0; b < a; b++, at++) {
        ofNode[a] += one[at];
        ofNode[b] += one[at];
      }
    }
    // The sum of squared deviations of 400 nodes, each binomial over 399 pairs: chi-square, mean 400, deviation √800.
    const chi = ofNode.reduce((total, n) => total + (n - 399 * rate) ** 2 / (399 * rate * (1 - rate)), 0);
    expect(Math.abs(chi - nodes)).toBeLessThan(5 * Math.sqrt(2 * nodes));
  });

  test('of both directions together, of self-loops never', () => {
    for (let a = 0; a < 60; a++) {
      expect(isDropped(key, 65_536, a, a, hash)).toBe(false);
      for (let b = 0; b < a; b++) {
        const there = isDropped(key, 20_000, a, b, hash);
        expect(isDropped(key, 20_000, b, a, hash)).toBe(there);
      }
    }
  });
});

/** The matrix with self-loops of 1 beside its entries, rows sorted by global id as those of a block. */
function withLoops({ rows, cols, indptr, indices, values }: CsrMatrix, ids?: Uint32Array): CsrMatrix {
  const entries: [row: number, column: number, value: number][] = [];
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) entries.push([row, indices[e], values ? values[e] : 1]);
    entries.push([row, row, 1]);
  }
  if (!ids) {
    const part = (i: number) => Uint32Array.from(entries, (entry) => entry[i]);
    return sortedCsr(part(0), part(1), values && Float32Array.from(entries, (entry) => entry[2]), rows, cols);
  }
  entries.sort((a, b) => a[0] - b[0] || ids[a[1]] - ids[b[1]]);
  const bounds = new Uint32Array(rows + 1);
  for (const [row] of entries) bounds[row + 1]++;
  for (let row = 0; row < rows; row++) bounds[row + 1] += bounds[row];
  return {
    kind: 'sparse',
    rows,
    cols,
    indptr: bounds,
    indices: Uint32Array.from(entries, ([, column]) => column),
    values: values && Float32Array.from(entries, ([, , value]) => value),
  };
}

describe('a block with all neighbours against the whole graph', () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  const width = 5;
  const step = { scalars: SCALARS, key: KEY };

  /** Â·x on the matrix; of a block with the ids and degrees of its columns. */
  async function gathered(
    csr: CsrMatrix,
    x: Float32Array,
    block: { ids: Uint32Array; degrees: Float32Array } | null,
    open: (plan: Plan) => Promise<Executor>,
  ): Promise<HostArray> {
    const g = newGraph();
    const { matrix, data, sizes } = sparseInputs(g, csr);
    const xs: Data = [input(g, 'x', 'features', 'f32', csr.cols, width, 'padded'), x];
    const ids = block && input(g, 'ids', 'graph', 'u32', csr.cols, 1);
    const degrees = block && input(g, 'degrees', 'graph', 'f32', csr.cols, 1);
    const operator = normalizeEdges(g, dropEdges(g, matrix, ids), 'symmetric', degrees);
    const out = spmm(g, operator, xs[0]);
    const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: [out] }, DEFAULT_LIMITS);
    const executor = await open(plan);
    for (const [value, array] of [...data, xs]) executor.write(value, array);
    if (block) {
      executor.write(ids!, block.ids);
      executor.write(degrees!, block.degrees);
    }
    await executor.run('main', { ...step, sizes });
    const result = await executor.read(out);
    executor.destroy();
    return result;
  }

  const executors = [
    { title: 'CPU', skipped: '', open: async (plan: Plan): Promise<Executor> => cpuExecutor(plan, { poison: true }) },
    {
      title: `WebGPU${NO_ADAPTER}`,
      skipped: NO_ADAPTER,
      open: (plan: Plan): Promise<Executor> => webgpuExecutor(gpu.device, gpu.description, plan),
    },
  ];

  const key = deriveKey(KEY, 0, 0);
  const threshold = edgeThreshold(SCALARS.dropEdge);

  describe.each(executors)('$title', ({ skipped, open }) => {
    test.skipIf(skipped)('the same bits, without weights', async () => {
      const graph = arrange(nastyGraphData(700, 2));
      const serve = memoryServer(graph);
      const seeds = Uint32Array.from({ length: 50 }, (_, i) => 13 * i);
      const batch = driveSync(sampleNeighbors(seeds, [-1], [1, 2], new Uint32Array(graph.nodes)), serve);
      const [{ nodes, adjacency }]: readonly Block[] = batch.blocks;
      const degrees = driveSync(keptDegrees(nodes, key, threshold), serve);
      const x = randoms(graph.nodes * width, 6);
      const rows = Float32Array.from(
        { length: nodes.length * width },
        (_, i) => x[nodes[Math.floor(i / width)] * width + (i % width)],
      );
      const whole = await gathered(withLoops(graph.adjacency), x, null, open);
      const block = await gathered(withLoops(adjacency, nodes), rows, { ids: nodes, degrees }, open);
      expect(block.length).toBe(seeds.length * width);
      seeds.forEach((seed, i) => {
        expect(block.slice(i * width, (i + 1) * width)).toEqual(whole.slice(seed * width, (seed + 1) * width));
      });
    });
  });

  test('degrees with weights are the sums of the rows that are left', () => {
    const graph = arrange(nastyGraphData(700, 2, true));
    const every = Uint32Array.from({ length: graph.nodes }, (_, v) => v);
    const degrees = driveSync(keptDegrees(every, key, threshold), memoryServer(graph));
    const a = remaining(graph.adjacency, every);
    const sums = table(graph.nodes, 1, (i) => 1 + sum(graph.nodes, (j) => a[i * graph.nodes + j]));
    degrees.forEach((degree, v) => {
      expect(degree).toBe(Math.fround(sums[v]));
    });
  });
});
