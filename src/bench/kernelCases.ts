import type { CsrMatrix } from '../formats/matrix.ts';
import { transpose } from '../graph/csr.ts';
import { evenMatrix, powerLawMatrix } from '../graph/generators.ts';
import { deriveKey, seedKey, threefry, toUnit } from '../graph/random.ts';
import { input, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { gatAttention } from '../tensor/ops/attention.ts';
import { batchNorm } from '../tensor/ops/batchNorm.ts';
import { scale } from '../tensor/ops/combine.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { matmul, type Orientation } from '../tensor/ops/matmul.ts';
import { type SparseMatrix, sparseHalf } from '../tensor/ops/sparse.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { sumRows } from '../tensor/ops/sumRows.ts';
import type { Value } from '../tensor/value.ts';
import { type Feed, feedHalf } from '../train/feed.ts';

/** What `bench kernels` times, and how many bytes each must move. Widths are multiples of four: no padding is counted. */

/** Tables, one each, by their titles. */
export const PARTS = {
  copy: 'Copy, the ceiling of GB/s',
  spmm: 'SpMM, power-law graphs',
  transposed: 'SpMM over the transpose, power-law graphs',
  attention: 'GAT, forward, 8 heads, power-law graphs',
  attentionGrad: 'GAT, backward, 8 heads, power-law graphs',
  gemm: 'GEMM, m × k × n; the fastest square one is the ceiling of GFLOP/s',
  reduce: 'Reductions and norms',
} as const;

export interface KernelCase {
  readonly part: keyof typeof PARTS;
  readonly name: string;
  /** Declares inputs. What it returns adds the timed op once more. */
  declare(g: OpGraph, feed: Feed): () => void;
  /** Side of the matrices where all are square. */
  readonly side?: number;
  /** Bytes with every gathered row counted each time that it is gathered. */
  readonly moved: number;
  /** Bytes with every operand and result counted once. */
  readonly compulsory: number;
}

/** Nodes, entries, and the matrix, which is made when it is first needed. */
export interface GraphSize {
  readonly nodes: number;
  readonly entries: number;
  matrix(): CsrMatrix;
}

const HEADS = 8;
const SEED = 1;

export function powerLaw(nodes: number, entries: number): GraphSize {
  return once(nodes, entries, () => powerLawMatrix(nodes, entries, SEED));
}

/** Rows of equal length but for the first, which holds `hub` of the entries. */
export function even(nodes: number, entries: number, hub: number): GraphSize {
  return once(nodes, entries, () => evenMatrix(nodes, entries, hub, SEED));
}

/** The same edges the other way round. */
export function transposed({ nodes, entries, matrix }: GraphSize): GraphSize {
  return once(nodes, entries, () => transpose(matrix()).matrix);
}

function once(nodes: number, entries: number, make: () => CsrMatrix): GraphSize {
  let made: CsrMatrix | undefined;
  const matrix = () => {
    made ??= make();
    return made;
  };
  return { nodes, entries, matrix };
}

/** As a person says it: 1k, 1M, 1,024. */
export function short(count: number): string {
  if (count % 1e6 === 0) return `${count / 1e6}M`;
  return count % 1e3 === 0 ? `${count / 1e3}k` : count.toLocaleString('en');
}

function sizeName({ nodes, entries }: GraphSize, width: number): string {
  return `${short(nodes)} nodes, ${short(entries)} edges, width ${width}`;
}

/** Bytes of row pointers, columns and, where there are some, values. */
function csrBytes({ nodes, entries }: GraphSize, weighted: boolean): number {
  return 4 * (nodes + 1 + entries * (weighted ? 2 : 1));
}

export function copyCase(rows: number, width: number): KernelCase {
  const bytes = 4 * 2 * rows * width;
  return {
    part: 'copy',
    name: `copy, ${short(rows)} × ${width}`,
    declare(g, feed) {
      const x = dense(g, feed, 'x', rows, width);
      return () => scale(g, x, 0.5);
    },
    moved: bytes,
    compulsory: bytes,
  };
}

/** out = A · x with a weighted A, or with its transpose: what the gradient of x is. */
export function spmmCase(size: GraphSize, width: number, transposed: boolean): KernelCase {
  const { nodes, entries } = size;
  const csr = csrBytes(size, true);
  return {
    part: transposed ? 'transposed' : 'spmm',
    name: `spmm${transposed ? ' transposed' : ''}, ${sizeName(size, width)}`,
    declare(g, feed) {
      const forward = size.matrix();
      const matrix = sparse(g, feed, transposed ? transpose(forward).matrix : forward, true);
      const x = dense(g, feed, 'x', nodes, width);
      return () => spmm(g, matrix, x);
    },
    moved: 4 * (entries * width + nodes * width) + csr,
    compulsory: 4 * (2 * nodes * width) + csr,
  };
}

/** Fused attention. Each entry gathers a row of h and the source's scores; a row has its scores, result and log-sum-exp. */
export function attentionCase(size: GraphSize, width: number): KernelCase {
  const { nodes, entries } = size;
  const rows = nodes * (width + 2 * HEADS);
  const csr = csrBytes(size, false);
  return {
    part: 'attention',
    name: `gat, ${sizeName(size, width)}`,
    declare: (g, feed) => declareAttention(g, feed, size, width).forward,
    moved: 4 * (entries * (width + HEADS) + rows) + csr,
    compulsory: 4 * (nodes * (width + HEADS) + rows) + csr,
  };
}

/**
 * Its gradients of h and of both scores. Counted as if h (with a score) were gathered once over the rows and the upstream
 * gradient (with a score, the log-sum-exp and the dot product of gradient and result) once over the transpose; of each
 * node h, upstream, result and gradient, five numbers per head.
 */
export function attentionGradCase(size: GraphSize, width: number): KernelCase {
  const { nodes, entries } = size;
  const rows = nodes * (4 * width + 5 * HEADS);
  const csr = 2 * csrBytes(size, false);
  return {
    part: 'attentionGrad',
    name: `gat backward, ${sizeName(size, width)}`,
    declare(g, feed) {
      const aside: OpGraph = { ...g, nodes: [] };
      const { forward, inputs } = declareAttention(aside, feed, size, width);
      forward();
      // Any result and log-sum-exp will do: no kernel takes less or more time for them.
      const [result, logSumExp] = aside.nodes[0].outputs.map(({ name, cols }) => dense(g, feed, name, nodes, cols));
      const node = { ...aside.nodes[0], outputs: [result, logSumExp] };
      const upstream = dense(g, feed, 'upstream', nodes, width);
      const wanted = node.inputs.map((value) => inputs.includes(value));
      return () => node.op.gradient!(g, node, [upstream, null], wanted);
    },
    moved: 4 * (entries * (2 * width + 4 * HEADS) + rows) + csr,
    compulsory: 4 * rows + csr,
  };
}

function declareAttention(g: OpGraph, feed: Feed, size: GraphSize, width: number) {
  const matrix = sparse(g, feed, size.matrix(), false);
  const h = dense(g, feed, 'h', size.nodes, width);
  const [source, target] = ['source', 'target'].map((name) => dense(g, feed, `${name} scores`, size.nodes, HEADS));
  const options = { heads: HEADS, negativeSlope: 0.2, dropout: null };
  return { forward: () => gatAttention(g, matrix, h, source, target, options), inputs: [h, source, target] };
}

/** 2·m·k·n operations, whatever the orientation: nn [m,k]·[k,n], nt [m,k]·[n,k]ᵀ, tn [k,m]ᵀ·[k,n]. */
export function gemmCase(orientation: Orientation, m: number, k: number, n: number): KernelCase {
  const shapes = { nn: [m, k, k, n], nt: [m, k, n, k], tn: [k, m, k, n] } as const;
  const [aRows, aCols, bRows, bCols] = shapes[orientation];
  const bytes = 4 * (m * k + k * n + m * n);
  return {
    part: 'gemm',
    name: `gemm ${orientation}, ${[m, k, n].map(short).join(' × ')}`,
    declare(g, feed) {
      const a = dense(g, feed, 'a', aRows, aCols);
      const b = dense(g, feed, 'b', bRows, bCols);
      return () => matmul(g, a, b, orientation);
    },
    side: m === k && k === n ? m : undefined,
    moved: bytes,
    compulsory: bytes,
  };
}

export function reduceCases(rows: number, width: number): KernelCase[] {
  const matrix = 4 * rows * width;
  const make = (name: string, bytes: number, declare: KernelCase['declare']): KernelCase => ({
    part: 'reduce',
    name: `${name}, ${short(rows)} × ${width}`,
    declare,
    moved: bytes,
    compulsory: bytes,
  });
  const row = (g: OpGraph, feed: Feed, name: string) => dense(g, feed, name, 1, width);
  return [
    make('column sum', matrix + 4 * width, (g, feed) => {
      const x = dense(g, feed, 'x', rows, width);
      return () => sumRows(g, x, 'sum');
    }),
    // Weight, bias, and the running mean and variance, which are read and written.
    make('batch norm', 2 * matrix + 4 * 6 * width, (g, feed) => {
      const x = dense(g, feed, 'x', rows, width);
      const [weight, bias] = [row(g, feed, 'weight'), row(g, feed, 'bias')];
      const running = {
        mean: state(g, 'running mean', 'parameters', 1, width),
        variance: state(g, 'running variance', 'parameters', 1, width),
      };
      return () => batchNorm(g, x, weight, bias, running, true);
    }),
    make('layer norm', 2 * matrix + 4 * 2 * width, (g, feed) => {
      const x = dense(g, feed, 'x', rows, width);
      const [weight, bias] = [row(g, feed, 'weight'), row(g, feed, 'bias')];
      return () => layerNorm(g, x, weight, bias);
    }),
  ];
}

/** A matrix and its transpose; what no op reads takes no memory. */
function sparse(g: OpGraph, feed: Feed, csr: CsrMatrix, weighted: boolean): SparseMatrix {
  const valued = weighted ? { ...csr, values: uniform(csr.indices.length, g.values.length) } : csr;
  const half = (name: string, from: CsrMatrix) => {
    const declared = sparseHalf(g, name, 'graph', from.rows, from.cols, weighted);
    feedHalf(feed, declared, from);
    return declared;
  };
  return {
    forward: half('graph', valued),
    backward: half('graphᵀ', transpose(valued).matrix),
    positions: null,
  };
}

function dense(g: OpGraph, feed: Feed, name: string, rows: number, cols: number): Value {
  const value = input(g, name, 'activations', 'f32', rows, cols, 'padded');
  feed.arrays.push([value, uniform(rows * cols, value.id)]);
  return value;
}

/** Uniform in [-1, 1). */
function uniform(length: number, stream: number): Float32Array {
  const [key0, key1] = deriveKey(seedKey(SEED), stream, 0);
  const words = new Uint32Array(2);
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    threefry(key0, key1, i, 0, words);
    out[i] = 2 * toUnit(words[0]) - 1;
  }
  return out;
}
