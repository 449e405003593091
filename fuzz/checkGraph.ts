import type { Matrix } from '../src/formats/matrix.ts';
import type { Graph } from '../src/graph/graph.ts';

/** Throws an Error where a graph is not what `Graph` promises: whatever trains on it indexes by it, unchecked. */
export function checkGraph({
  nodes,
  adjacency,
  edges,
  features,
  labels,
  labelSets,
  classNames,
  splits,
  ...rest
}: Graph): void {
  const must = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`The graph is none: ${what}.`);
  };
  const checkMatrix = (matrix: Matrix, name: string) => {
    const { rows, cols, values } = matrix;
    must(rows === nodes && Number.isSafeInteger(cols) && cols >= 0, `${name} of ${rows} × ${cols}`);
    must(values?.every(Number.isFinite) ?? true, `${name} that are not finite`);
    if (matrix.kind === 'dense') return must(matrix.values.length === rows * cols, `${name} of another length`);
    const { indptr, indices } = matrix;
    must(indptr.length === rows + 1 && indptr[0] === 0 && indptr[rows] === indices.length, `bounds of ${name}`);
    must(values === null || values.length === indices.length, `values of ${name}`);
    for (let r = 0; r < rows; r++) {
      must(indptr[r] <= indptr[r + 1], `row ${r} of ${name}`);
      for (let e = indptr[r]; e < indptr[r + 1]; e++) {
        must(indices[e] < cols && (e === indptr[r] || indices[e] > indices[e - 1]), `entry ${e} of ${name}`);
      }
    }
  };
  must(Number.isSafeInteger(nodes) && nodes > 0, `${nodes} nodes`);
  must(adjacency.kind === 'sparse' && adjacency.cols === nodes, 'its matrix');
  checkMatrix(adjacency, 'neighbours');
  checkMatrix(features, 'features');
  must(Number.isSafeInteger(edges) && edges >= 0, `${edges} edges`);
  must(labels.length === nodes && labels.every((c) => c >= -1 && c < classNames.length), 'labels');
  if (labelSets) {
    must(labelSets.cols === classNames.length && labelSets.values === null, 'labels of other classes');
    checkMatrix(labelSets, 'labels');
  }
  must(splits.length > 0, 'no splits');
  for (const split of splits) must(split.length === nodes && split.every((code) => code <= 3), 'splits');
  must(rest.nodeIds === null || rest.nodeIds.length === nodes, 'names of nodes');
  must(rest.positions === null || rest.positions.length === 2 * nodes, 'positions');
  for (const text of [rest.name, ...classNames]) must(typeof text === 'string', 'names');
}
