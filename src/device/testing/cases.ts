import type { CsrMatrix } from '../../formats/matrix.ts';
import { sortedCsr, transpose } from '../../graph/csr.ts';
import { pointersAndOrder } from '../../graph/rowOrder.ts';
import { heavySegments } from '../../graph/segments.ts';
import { nastyCsr } from '../../graph/testGraphs.ts';
import { input, newGraph } from '../../tensor/graph.ts';
import type { OpGraph } from '../../tensor/op.ts';
import { dropout } from '../../tensor/ops/dropout.ts';
import { add, addBias } from '../../tensor/ops/elementwise.ts';
import { matmul, type Orientation } from '../../tensor/ops/matmul.ts';
import { densify, type SparseMatrix, sparseDropout, sparseHalf } from '../../tensor/ops/sparse.ts';
import { spmax } from '../../tensor/ops/spmax.ts';
import { HEAVY, SEGMENT, spmm } from '../../tensor/ops/spmm.ts';
import { sumRows } from '../../tensor/ops/sumRows.ts';
import type { Value } from '../../tensor/value.ts';
import { attentionCases } from './attentionCases.ts';
import { denseCases, manyRowsCases } from './denseCases.ts';
import { learningCases } from './learningCases.ts';
import { type Data, dense, type OpCase } from './opCase.ts';

/** Every op on graphs and widths that break careless kernels. */

export const WIDTHS = [1, 3, 16, 33, 64, 257] as const;

/** Isolated nodes, self-loops, duplicate edges, one row with a third of all entries: large enough that this row is heavy. */
const NODES = 700;

/** The device inputs of a sparse matrix and its transpose. */
export function sparseInputs(
  g: OpGraph,
  csr: CsrMatrix,
  name = 'graph',
): { matrix: SparseMatrix; data: Data[]; sizes: Record<string, number> } {
  const { matrix: transposed, permutation } = transpose(csr);
  const sizes: Record<string, number> = {};
  const data: Data[] = [];
  const half = (suffix: string, from: CsrMatrix) => {
    const declared = sparseHalf(g, `${name}${suffix}`, 'graph', from.rows, from.cols, from.values !== null);
    const { segments, heavy } = heavySegments(from.indptr, from.rows, HEAVY, SEGMENT);
    sizes[`${declared.name}.entries`] = from.indices.length;
    sizes[`${declared.name}.segments`] = segments.length / 4;
    sizes[`${declared.name}.heavy`] = heavy.length / 4;
    data.push([declared.indptr, pointersAndOrder(from.indptr, from.rows, HEAVY)], [declared.indices, from.indices]);
    data.push([declared.segments, segments], [declared.heavy, heavy]);
    if (declared.values) data.push([declared.values, from.values!]);
    return declared;
  };
  const forward = half('', csr);
  const backward = half('ᵀ', transposed);
  const positions = input(g, `${name} positions`, 'graph', 'u32', csr.indices.length, 1);
  data.push([positions, Uint32Array.from(permutation.keys()).sort((a, b) => permutation[a] - permutation[b])]);
  return { matrix: { forward, backward, positions }, data, sizes };
}

/** Builds once to learn the sizes of its sparse matrices. */
export function sparseCase(
  name: string,
  csr: CsrMatrix,
  use: (g: OpGraph, matrix: SparseMatrix) => { data: Data[]; outputs: Value[]; moving: Value[] },
): OpCase {
  return {
    name,
    sizes: sparseInputs(newGraph(), csr).sizes,
    build(g) {
      const { matrix, data } = sparseInputs(g, csr);
      const used = use(g, matrix);
      return { inputs: [...data, ...used.data], outputs: used.outputs, moving: used.moving };
    },
  };
}

export function matmulCase(orientation: Orientation, m: number, k: number, n: number): OpCase {
  const shapes = { nn: [m, k, k, n], nt: [m, k, n, k], tn: [m, k, m, n] } as const;
  const [aRows, aCols, bRows, bCols] = shapes[orientation];
  return {
    name: `matmul ${orientation} ${m} × ${k} × ${n}`,
    sizes: {},
    build(g) {
      const a = dense(g, 'a', aRows, aCols);
      const b = dense(g, 'b', bRows, bCols);
      return { inputs: [a, b], outputs: [matmul(g, a[0], b[0], orientation)], moving: [a[0], b[0]] };
    },
  };
}

/**
 * A nasty graph that is not its own transpose, or else a gradient that gathers over the wrong one would pass. Isolated
 * nodes, self-loops, duplicates and the heavy row stay.
 */
export function directedCsr(nodes: number, seed: number, weighted: boolean): CsrMatrix {
  const { indptr, indices, values } = nastyCsr(nodes, seed, weighted);
  const rowOf = new Uint32Array(indices.length);
  for (let row = 0; row < nodes; row++) rowOf.fill(row, indptr[row], indptr[row + 1]);
  const kept = Array.from(indices.keys()).filter((e) => (3 * rowOf[e] + indices[e]) % 7 !== 1);
  const pick = (list: Uint32Array) => Uint32Array.from(kept, (e) => list[e]);
  return sortedCsr(pick(rowOf), pick(indices), values && Float32Array.from(kept, (e) => values[e]), nodes, nodes);
}

export function spmmCase(width: number, weighted: boolean, csr = directedCsr(NODES, 1, weighted)): OpCase {
  const name = `spmm ${weighted ? 'weighted' : 'ones'} ${csr.rows} × ${csr.cols}, width ${width}`;
  return sparseCase(name, csr, (g, matrix) => {
    const x = dense(g, 'x', csr.cols, width);
    return { data: [x], outputs: [spmm(g, matrix, x[0])], moving: [x[0]] };
  });
}

/** The first rows, as a sampled block has them: fewer targets than sources, so that panels of these are narrower. */
function firstTargets({ kind, cols, indptr, indices }: CsrMatrix, rows: number): CsrMatrix {
  return { kind, rows, cols, indptr: indptr.slice(0, rows + 1), indices: indices.slice(0, indptr[rows]), values: null };
}

/** @param tied few different numbers, so that many entries attain the maximum of their row */
export function spmaxCase(width: number, tied: boolean, csr = directedCsr(NODES, 1, false)): OpCase {
  return sparseCase(`spmax ${csr.rows} × ${csr.cols}, width ${width}${tied ? ', tied' : ''}`, csr, (g, matrix) => {
    const [x, values] = dense(g, 'x', csr.cols, width);
    const array = tied ? values.map((value) => Math.round(3 * value) / 3) : values;
    return { data: [[x, array]], outputs: [spmax(g, matrix, x)], moving: [x] };
  });
}

/**
 * X·W with dropout on the entries of X: what the first layer does with a bag of words.
 * @param local whether rows are numbered locally, as in a sampled block
 */
export function featureCase(width: number, weighted: boolean, local = false): OpCase {
  const square = nastyCsr(NODES, 3, weighted);
  const keep = square.indices.map((_, e) => (square.indices[e] < 90 ? e : -1)).filter((e) => e >= 0 && e < 2 ** 31);
  const rowOf = new Uint32Array(square.indices.length);
  for (let row = 0; row < NODES; row++) rowOf.fill(row, square.indptr[row], square.indptr[row + 1]);
  const pick = <T extends Uint32Array | Float32Array>(from: T) => keep.map((e) => from[e]);
  const csr = sortedCsr(
    pick(rowOf),
    pick(square.indices),
    square.values && Float32Array.from(keep, (e) => square.values![e]),
    NODES,
    90,
  );
  const name = `sparse features ${weighted ? 'weighted' : 'ones'}, width ${width}${local ? ', local rows' : ''}`;
  return sparseCase(name, csr, (g, matrix) => {
    const w = dense(g, 'W', 90, width);
    const ids: Data | null = local ? [input(g, 'ids', 'graph', 'u32', NODES, 1), scattered(NODES)] : null;
    const dropped = sparseDropout(g, matrix, ids ? ids[0] : null);
    return { data: ids ? [w, ids] : [w], outputs: [spmm(g, dropped, w[0])], moving: [w[0]] };
  });
}

/** The rows of a sparse matrix as a dense one. */
export function densifyCase(weighted: boolean, csr = directedCsr(90, 3, weighted)): OpCase {
  return sparseCase(`written out ${weighted ? 'weighted' : 'ones'}, ${csr.cols} columns`, csr, (g, matrix) => ({
    data: [],
    outputs: [densify(g, matrix)],
    moving: [],
  }));
}

/** Global ids that are far apart and in no order. */
export function scattered(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, i) => (i * 7919) % 100_003);
}

export function elementwiseCases(width: number): OpCase[] {
  const rows = 131;
  return [
    {
      name: `addBias width ${width}`,
      sizes: {},
      build(g) {
        const x = dense(g, 'x', rows, width);
        const b = dense(g, 'b', 1, width);
        return { inputs: [x, b], outputs: [addBias(g, x[0], b[0])], moving: [x[0], b[0]] };
      },
    },
    {
      name: `add width ${width}`,
      sizes: {},
      build(g) {
        const x = dense(g, 'x', rows, width);
        const y = dense(g, 'y', rows, width);
        return { inputs: [x, y], outputs: [add(g, x[0], y[0])], moving: [x[0], y[0]] };
      },
    },
    {
      name: `dropout width ${width}, global rows`,
      sizes: {},
      build(g) {
        const x = dense(g, 'x', rows, width);
        return { inputs: [x], outputs: [dropout(g, x[0], null)], moving: [x[0]] };
      },
    },
    {
      name: `dropout width ${width}, local rows`,
      sizes: {},
      build(g) {
        const x = dense(g, 'x', rows, width);
        const list: Data = [input(g, 'ids', 'graph', 'u32', rows, 1), scattered(rows)];
        return { inputs: [x, list], outputs: [dropout(g, x[0], list[0])], moving: [x[0]] };
      },
    },
    {
      name: `sumRows width ${width}`,
      sizes: {},
      build(g) {
        const x = dense(g, 'x', 1500, width);
        return { inputs: [x], outputs: [sumRows(g, x[0], 'sum')] };
      },
    },
  ];
}

export function allCases(): OpCase[] {
  const orientations: Orientation[] = ['nn', 'nt', 'tn'];
  return [
    ...WIDTHS.flatMap((width) => [
      spmmCase(width, true),
      featureCase(width, true),
      ...elementwiseCases(width),
      ...denseCases(width),
    ]),
    ...[3, 64].flatMap((width) => [spmmCase(width, false), featureCase(width, false)]),
    ...WIDTHS.map((width) => spmaxCase(width, false, firstTargets(directedCsr(NODES, 1, false), 300))),
    spmaxCase(16, true),
    ...[true, false].map((weighted) => featureCase(16, weighted, true)),
    ...[true, false].map((weighted) => densifyCase(weighted)),
    ...WIDTHS.flatMap((width) =>
      orientations.flatMap((o) => [matmulCase(o, 301, width, 16), matmulCase(o, 64, 33, width)]),
    ),
    // So large that parts are merged later, also where panels are as narrow as they can be.
    matmulCase('tn', 64, 257, 33),
    matmulCase('tn', 301, 65, 33),
    matmulCase('tn', 8, 1200, 5),
    ...manyRowsCases(),
    ...attentionCases(),
    ...learningCases(),
  ];
}
