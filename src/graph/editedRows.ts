import type { CsrMatrix } from '../formats/matrix.ts';
import {
  type Changes,
  changedRow,
  changedValues,
  changesOf,
  checkNode,
  type Edit,
  rowOf,
  type SparseRow,
  withRows,
} from './edits.ts';
import type { GraphOutline } from './graph.ts';
import type { DenseTable, RowRequest, Rows, TableName } from './request.ts';

/**
 * Edits of a graph whose matrices lie elsewhere: the few rows that they change are kept, and take the place of those that whoever
 * serves the graph would give. So a sampler walks through the edited graph, and nothing is copied.
 */
export interface EditedRows {
  readonly neighbors: ReadonlyMap<number, SparseRow>;
  readonly features: ReadonlyMap<number, SparseRow | Float32Array>;
}

/**
 * Asks for the rows that the edits are about, and changes them.
 *
 * @throws InputError as `changesOf`
 */
export function* editRows(graph: GraphOutline, edits: readonly Edit[]): Generator<RowRequest, EditedRows, Rows> {
  for (const edit of edits) for (const node of nodesOf(edit)) checkNode(graph, node);
  const ends = edits.flatMap((edit) => (edit.kind === 'setFeature' ? [] : nodesOf(edit)));
  const described = edits.flatMap((edit) => (edit.kind === 'setFeature' ? nodesOf(edit) : []));
  const neighbors = (yield* rowsOf('neighbors', ends)) as Map<number, SparseRow>;
  const features = yield* rowsOf('features', described);
  const changes: Changes = changesOf(graph, edits, {
    edge: (row, column) => neighbors.get(row)!.indices.includes(column),
    identity: (node) => isIdentity(graph, features.get(node)!, node),
  });
  return {
    neighbors: new Map(
      Array.from(changes.edges, ([node, change]) => [node, changedRow(neighbors.get(node)!, change)] as const),
    ),
    features: new Map(
      Array.from(changes.features, ([node, change]) => {
        const row = features.get(node)!;
        const changed = row instanceof Float32Array ? changedValues(row, change) : changedRow(row, change);
        return [node, changed] as const;
      }),
    ),
  };
}

const nodesOf = (edit: Edit) => (edit.kind === 'setFeature' ? [edit.node] : [edit.from, edit.to]);

function* rowsOf(
  table: 'neighbors' | 'features',
  nodes: readonly number[],
): Generator<RowRequest, Map<number, SparseRow | Float32Array>, Rows> {
  const rows = Uint32Array.from(new Set(nodes)).sort();
  if (rows.length === 0) return new Map();
  const { table: found } = yield { table, rows };
  return new Map(Array.from(rows, (node, i) => [node, found.kind === 'sparse' ? rowOf(found, i) : denseRow(found, i)]));
}

const denseRow = ({ cols, values }: DenseTable, row: number) =>
  (values as Float32Array).subarray(row * cols, (row + 1) * cols);

/** Whether the features are what stands for them where a graph has none (features.ts): by their shape, and this row of them. */
function isIdentity({ features }: GraphOutline, row: SparseRow | Float32Array, node: number): boolean {
  if (features.kind === 'dense' || row instanceof Float32Array) return false;
  const { rows, cols, indices, values } = features;
  return rows === cols && indices.length === rows && !values && row.indices.length === 1 && row.indices[0] === node;
}

/** The outline after the edits: where rows begin, and whether features have values. */
export function editedOutline<G extends GraphOutline>(graph: G, { neighbors, features }: EditedRows): G {
  const sparse = <M extends { readonly indptr: Uint32Array; readonly values: unknown }>(
    matrix: M,
    rows: ReadonlyMap<number, SparseRow>,
  ): M => {
    if (rows.size === 0) return matrix;
    const indptr = movedOffsets(matrix.indptr, rows);
    const length = indptr[indptr.length - 1];
    const extent = { length, byteLength: 4 * length };
    const weighted = matrix.values !== null || [...rows.values()].some(({ values }) => values);
    return { ...matrix, indptr, indices: extent, values: weighted ? extent : null };
  };
  return {
    ...graph,
    adjacency: sparse(graph.adjacency, neighbors),
    features:
      graph.features.kind === 'dense'
        ? graph.features
        : sparse(graph.features, features as ReadonlyMap<number, SparseRow>),
  };
}

function movedOffsets(indptr: Uint32Array, rows: ReadonlyMap<number, SparseRow>): Uint32Array {
  const moved = indptr.slice();
  let by = 0;
  for (let row = 0; row + 1 < indptr.length; row++) {
    const other = rows.get(row);
    if (other) by += other.indices.length - (indptr[row + 1] - indptr[row]);
    moved[row + 1] += by;
  }
  return moved;
}

/** Answers as `serve` would if the graph were edited. Ids of edges stay those of the graph as it is. Rows in pieces are not served. */
export function servingEdits(
  { neighbors, features }: EditedRows,
  serve: (request: RowRequest) => Promise<Rows>,
): (request: RowRequest) => Promise<Rows> {
  const other: Partial<Record<TableName, (answer: Rows, asked: Uint32Array) => Rows>> = {
    neighbors: (answer, asked) => withSparse(answer, asked, neighbors),
    features: (answer, asked) =>
      answer.table.kind === 'sparse'
        ? withSparse(answer, asked, features as ReadonlyMap<number, SparseRow>)
        : withDense(answer, asked, (node) => features.get(node) as Float32Array | undefined),
    degree: (answer, asked) =>
      withDense(answer, asked, (node) => {
        const row = neighbors.get(node);
        return row && [degreeOf(row, node)];
      }),
  };
  return async ({ orWhole: _, entries, ...request }) => {
    if (entries) throw new Error('Rows of an edited graph are not served in pieces.');
    const answer = await serve(request);
    return other[request.table]?.(answer, request.rows) ?? answer;
  };
}

function withSparse(answer: Rows, asked: Uint32Array, rows: ReadonlyMap<number, SparseRow>): Rows {
  if (!asked.some((node) => rows.has(node))) return answer;
  return { ...answer, table: withRows(answer.table as CsrMatrix, (i) => rows.get(asked[i]) ?? null) };
}

/** The answer is the caller's, so rows are changed in place. */
function withDense(answer: Rows, asked: Uint32Array, row: (node: number) => ArrayLike<number> | undefined): Rows {
  const { cols, values } = answer.table as DenseTable;
  for (const [i, node] of asked.entries()) {
    const other = row(node);
    if (other) values.set(other, i * cols);
  }
  return answer;
}

/** As `degreesOf` (operators.ts), of one row. */
function degreeOf({ indices, values }: SparseRow, node: number): number {
  const loop = indices.includes(node) ? 0 : 1;
  return indices.reduce((sum, _, e) => sum + (values ? values[e] : 1), loop);
}
