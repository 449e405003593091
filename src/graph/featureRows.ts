import { namesBytes } from '../formats/edgeListStream.ts';
import type { FeatureRows, GraphStream } from '../formats/graphStream.ts';
import type { Matrix } from '../formats/matrix.ts';
import type { NodeTable } from '../formats/nodeTable.ts';
import { checkFeatures } from './arrange.ts';
import { rowSlice } from './csr.ts';
import { identity } from './features.ts';

/** The identity, for a graph without features, made row by row. */
export function identityRows(nodes: number): FeatureRows {
  return {
    kind: 'sparse',
    cols: nodes,
    valued: false,
    rowEntries: 1,
    rows(begin, end) {
      const { indptr, indices } = identity(end - begin);
      for (let i = 0; i < indices.length; i++) indices[i] += begin;
      return { kind: 'sparse', rows: end - begin, cols: nodes, indptr, indices, values: null };
    },
  };
}

/** Rows of a matrix that is in memory, and has passed `checkFeatures`; they are views. */
export function matrixRows(matrix: Matrix): FeatureRows {
  const { kind, rows, cols } = matrix;
  if (kind === 'dense') {
    const slice = (begin: number, end: number) => matrix.values.subarray(begin * cols, end * cols);
    return {
      kind,
      cols,
      valued: true,
      rowEntries: cols,
      rows: (begin, end) => ({ kind, rows: end - begin, cols, values: slice(begin, end) }),
    };
  }
  let rowEntries = 0;
  for (let row = 0; row < rows; row++) rowEntries = Math.max(rowEntries, matrix.indptr[row + 1] - matrix.indptr[row]);
  return {
    kind,
    cols,
    valued: matrix.values !== null,
    rowEntries,
    rows: (begin, end) => rowSlice(matrix, begin, end),
  };
}

/** The stream of an edge list with what a table says of its nodes, which stays in memory. Throws InputError. */
export function withNodeTable(edges: GraphStream, table: NodeTable): GraphStream {
  const { features, labels, labelSets = null, classNames, splits, nodeIds, featureNames } = table;
  const arrays: (ArrayBufferView | null)[] = [labels, ...splits];
  if (labelSets) arrays.push(labelSets.indptr, labelSets.indices);
  if (features)
    arrays.push(features.values, ...(features.kind === 'sparse' ? [features.indptr, features.indices] : []));
  const bytes = arrays.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0);
  return {
    ...edges,
    ...{ labels, labelSets, classNames, splits, nodeIds, featureNames },
    features: features && matrixRows(checkFeatures(features, edges)),
    notes: [...table.notes, ...edges.notes],
    hostBytes: edges.hostBytes + bytes + namesBytes(nodeIds ?? []) + namesBytes(featureNames ?? []),
  };
}
