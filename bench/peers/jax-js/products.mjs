import { numpy as np } from '@jax-js/jax';
import { toBestPieces, toDense, transpose } from '../sparse.mjs';
import { array } from './adam.mjs';

/**
 * The products of a step with the features and with the adjacency, each as data on the device and as a function of that data.
 * In jax-js every use of an array consumes a reference: `x.ref` where it is needed again.
 */

/** The features dropped out once per step, and their products; `dispose` when the step has no further use for them. */
export function featureProducts({ nodes, featureCount, features }, formulation) {
  const shape = [nodes, featureCount];
  if (features.kind === 'sparse' && formulation === 'gather') return sparseFeatures(features, shape);
  const dense = features.kind === 'sparse' ? toDense(features, ...shape) : Float32Array.from(features.values);
  return {
    data: { matrix: array(dense, shape) },
    begin(data, drop) {
      const matrix = drop(data.matrix.ref);
      return {
        forward: (x) => np.matmul(matrix.ref, x),
        transposed: (x) => np.matmul(np.transpose(matrix.ref), x),
        dispose: () => matrix.dispose(),
      };
    },
  };
}

/** Dropout on sparse features is dropout on their non-zeros: no random number for every zero. */
function sparseFeatures(features, [nodes, featureCount]) {
  const turned = transpose(features, nodes, featureCount);
  const withEntries = (csr, rows, entryOf) => {
    const p = toBestPieces(csr, rows);
    return { ...piecesData(p, csr.values), entries: array(p.entries.map(entryOf), [p.pieceCount, p.width]) };
  };
  const data = {
    rows: withEntries(features, nodes, (k) => k),
    columns: withEntries(turned, featureCount, (k) => turned.entry[k]),
  };
  return {
    data,
    begin(data, drop) {
      const keep = drop(np.ones([features.indices.length]));
      const multiply = (matrix, x) =>
        rowSums(matrix, x, matrix.weights.ref.mul(np.take(keep.ref, matrix.entries.ref, 0)));
      return {
        forward: (x) => multiply(data.rows, x),
        transposed: (x) => multiply(data.columns, x),
        dispose: () => keep.dispose(),
      };
    },
  };
}

/** A · x and Aᵀ · x; a symmetric matrix is stored once. */
export function adjacencyProducts({ model, nodes, adjacency }, formulation) {
  if (formulation === 'dense') {
    return {
      data: { matrix: array(toDense(adjacency, nodes, nodes), [nodes, nodes]) },
      forward: (data, x) => np.matmul(data.matrix.ref, x),
      transposed: (data, x) => np.matmul(np.transpose(data.matrix.ref), x),
    };
  }
  const pieces = (csr) => piecesData(toBestPieces(csr, nodes), csr.values);
  const multiply = (matrix, x) => rowSums(matrix, x, matrix.weights.ref);
  return {
    data: {
      rows: pieces(adjacency),
      ...(model === 'sage' ? { columns: pieces(transpose(adjacency, nodes, nodes)) } : {}),
    },
    forward: (data, x) => multiply(data.rows, x),
    transposed: (data, x) => multiply(data.columns ?? data.rows, x),
  };
}

/** Pieces on the device; `values` of the CSR matrix, 0 where a piece is filled up. */
export function piecesData(p, values) {
  const shape = [p.pieceCount, p.width];
  const weights = p.padding.map((real, k) => (real ? (values?.[p.entries[k]] ?? 1) : 0));
  const heavyShape = [p.heavyCount, p.widest];
  return {
    columns: array(p.columns, shape),
    weights: array(weights, shape),
    ...(p.heavyCount > 0
      ? {
          heavyPieces: array(p.heavyPieces, heavyShape),
          heavyPadding: array(p.heavyPadding, heavyShape),
          rowSource: np.array(p.rowSource),
        }
      : {}),
  };
}

/** Sums of the rows of `x` that the pieces name, times their weights. */
const rowSums = (matrix, x, weights) =>
  joinPieces(matrix, np.take(x, matrix.columns.ref, 0).mul(np.expandDims(weights, 2)).sum(1));

/** From a sum per piece to a sum per row. */
export function joinPieces(matrix, sums) {
  if (!matrix.rowSource) return sums;
  const heavy = np.take(sums.ref, matrix.heavyPieces.ref, 0).mul(np.expandDims(matrix.heavyPadding.ref, 2)).sum(1);
  return np.take(np.concatenate([sums, heavy], 0), matrix.rowSource.ref, 0);
}
