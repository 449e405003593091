import type { CsrMatrix } from '../formats/matrix.ts';
import type { Graph } from './graph.ts';
import { degreesOf } from './operators.ts';
import type { DenseTable, RowRequest, Rows, Table, TableName } from './request.ts';

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
  return ({ table, rows, orWhole }) => {
    const from = tables[table]();
    if (orWhole) return { table: from, first: null };
    return from.kind === 'sparse' ? sparseRows(from, rows) : denseRows(from, rows);
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
export function rowOffsets(indptr: Uint32Array, rows: Uint32Array): { first: Uint32Array; offsets: Uint32Array } {
  const first = new Uint32Array(rows.length);
  const offsets = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    first[i] = indptr[rows[i]];
    offsets[i + 1] = offsets[i] + indptr[rows[i] + 1] - first[i];
  }
  return { first, offsets };
}

function sparseRows(csr: CsrMatrix, rows: Uint32Array): Rows<CsrMatrix> {
  const { first, offsets } = rowOffsets(csr.indptr, rows);
  const indices = new Uint32Array(offsets[rows.length]);
  const values = csr.values && new Float32Array(indices.length);
  for (let i = 0; i < rows.length; i++) {
    const end = first[i] + offsets[i + 1] - offsets[i];
    indices.set(csr.indices.subarray(first[i], end), offsets[i]);
    values?.set(csr.values!.subarray(first[i], end), offsets[i]);
  }
  return { table: { kind: 'sparse', rows: rows.length, cols: csr.cols, indptr: offsets, indices, values }, first };
}

function denseRows(table: DenseTable, rows: Uint32Array): Rows<DenseTable> {
  const { cols, values: from } = table;
  const values = new (from.constructor as Uint8ArrayConstructor)(rows.length * cols) as DenseTable['values'];
  copyRows(from, rows, cols, values);
  return { table: { kind: 'dense', rows: rows.length, cols, values }, first: null };
}

/** Rows of some width are copied as bytes by the engine, narrow ones number by number: there the call costs more. */
const NARROW = 16;

/** Rows of a table, one after the other, into an array that begins its buffer. */
export function copyRows(from: DenseTable['values'], rows: Uint32Array, cols: number, to: DenseTable['values']): void {
  if (cols < NARROW) {
    for (let i = 0, next = 0; i < rows.length; i++) {
      for (let column = 0; column < cols; column++) to[next++] = from[rows[i] * cols + column];
    }
    return;
  }
  const width = cols * from.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(to.buffer);
  for (let i = 0; i < rows.length; i++) {
    bytes.set(new Uint8Array(from.buffer, from.byteOffset + rows[i] * width, width), i * width);
  }
}
