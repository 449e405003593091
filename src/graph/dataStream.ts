import type { GraphData } from '../formats/graphData.ts';
import type { EdgeBlock, FeatureRows, GraphStream } from '../formats/graphStream.ts';
import type { Matrix } from '../formats/matrix.ts';
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

/** A graph that is in memory, cut into blocks of so many edges. Throws InputError where its features do not fit. */
export function dataStream(data: GraphData, directed: boolean, blockEdges: number): GraphStream {
  const { name, nodes, classNames, labels, splits, nodeIds, positions, notes, source, target, weight } = data;
  function* edgeBlocks(): Iterable<EdgeBlock> {
    for (let at = 0; at < source.length; at += blockEdges) {
      const piece = <T extends Uint32Array | Float32Array>(array: T) => array.subarray(at, at + blockEdges) as T;
      yield { source: piece(source), target: piece(target), weight: weight && piece(weight) };
    }
  }
  return {
    ...{ name, nodes, classNames, labels, splits, nodeIds, positions, notes, directed, edgeBlocks },
    edges: source.length,
    weighted: weight !== null,
    features: data.features ? matrixRows(checkFeatures(data.features, data)) : identityRows(nodes),
    hostBytes: 0,
  };
}
