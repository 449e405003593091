import type { CsrMatrix } from '../formats/matrix.ts';
import { bitsOf, copyPieces, rowPieces } from './copyPieces.ts';
import type { Graph } from './graph.ts';
import { degreesOf } from './operators.ts';
import {
  type ArrayType,
  answerIn,
  type DenseTable,
  type RowRequest,
  type Rows,
  type Table,
  type TableName,
} from './request.ts';

/** Answers row requests from a graph in memory, without a copy of it. */
export function memoryServer(graph: Graph): (request: RowRequest) => Rows {
  const { nodes, splits } = graph;
  const column = (values: DenseTable['values']): DenseTable => ({ kind: 'dense', rows: nodes, cols: 1, values });
  let degree: DenseTable | null = null;
  let split: DenseTable | null = null;
  const tables: Record<TableName, () => Table> = {
    neighbors: () => graph.adjacency,
    features: () => graph.features,
    labels: () => graph.labelSets ?? column(graph.labels),
    degree: () => (degree ??= column(degreesOf(graph.adjacency))),
    split: () => (split ??= splits.length === 1 ? column(splits[0]) : interleave(splits, nodes)),
  };
  return ({ table, rows, entries, orWhole, into }) => {
    const from = tables[table]();
    if (orWhole) return { table: from, first: null };
    return from.kind === 'sparse' ? sparseRows(from, rows, entries) : denseRows(from, rows, into);
  };
}

/** Runs a sampler to its end against a server that answers at once. */
export function driveSync<T>(generator: Generator<RowRequest, T, Rows>, serve: (request: RowRequest) => Rows): T {
  try {
    let step = generator.next();
    while (!step.done) step = generator.next(serve(step.value));
    return step.value;
  } finally {
    // Where the server threw, the sampler still has its scratch to clean.
    generator.return(undefined as T);
  }
}

/** One row per node, one column per split: the table 'split'. */
export function interleave(splits: readonly Uint8Array[], nodes: number): DenseTable {
  const cols = splits.length;
  const values = new Uint8Array(nodes * cols);
  for (const [k, split] of splits.entries()) for (let v = 0; v < nodes; v++) values[v * cols + k] = split[v];
  return { kind: 'dense', rows: nodes, cols, values };
}

/** Where the requested rows begin in the whole table, and their offsets in the answer. */
export function rowOffsets(
  indptr: Uint32Array,
  rows: Uint32Array,
  [from, to]: NonNullable<RowRequest['entries']> = WHOLE_ROWS,
): { first: Uint32Array; offsets: Uint32Array } {
  const first = new Uint32Array(rows.length);
  const offsets = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    const [begin, end] = [indptr[rows[i]], indptr[rows[i] + 1]];
    first[i] = Math.min(end, begin + from);
    offsets[i + 1] = offsets[i] + Math.min(end, begin + to) - first[i];
  }
  return { first, offsets };
}

const WHOLE_ROWS = [0, Infinity] as const;

function sparseRows(csr: CsrMatrix, rows: Uint32Array, entries: RowRequest['entries']): Rows<CsrMatrix> {
  const { first, offsets } = rowOffsets(csr.indptr, rows, entries);
  const indices = new Uint32Array(offsets[rows.length]);
  const values = csr.values && new Float32Array(indices.length);
  for (let i = 0; i < rows.length; i++) {
    const end = first[i] + offsets[i + 1] - offsets[i];
    indices.set(csr.indices.subarray(first[i], end), offsets[i]);
    values?.set(csr.values!.subarray(first[i], end), offsets[i]);
  }
  return { table: { kind: 'sparse', rows: rows.length, cols: csr.cols, indptr: offsets, indices, values }, first };
}

function denseRows(table: DenseTable, rows: Uint32Array, into?: ArrayBuffer): Rows<DenseTable> {
  const { cols, values: from } = table;
  const values = answerIn(from.constructor as ArrayType<DenseTable['values']>, rows.length * cols, into);
  copyPieces(bitsOf(from), rowPieces(rows, cols), bitsOf(values), from instanceof Float32Array);
  return { table: { kind: 'dense', rows: rows.length, cols, values }, first: null };
}
