import * as tf from '@tensorflow/tfjs-core';
import { toBestPieces, toDense, transpose } from '../sparse.mjs';

/** The products of a step with the features and with the adjacency, and the tensors that they hold. */

/** The features are dropped out once per step, with `draw` (keepDrawer). */
export function featureProducts(input, formulation) {
  if (input.features.kind === 'dense') return denseFeatures(input);
  return formulation === 'dense' ? scatteredFeatures(input) : sparseFeatures(input);
}

const matrixProducts = (matrix) => ({
  forward: (x) => tf.matMul(matrix, x),
  transposed: (x) => tf.matMul(matrix, x, true),
});

function denseFeatures({ nodes, featureCount, features, dropout }) {
  const matrix = tf.tensor2d(Float32Array.from(features.values), [nodes, featureCount]);
  return {
    tensors: { matrix },
    begin(draw) {
      const keep = draw(matrix.size, dropout);
      return matrixProducts(keep ? tf.mul(matrix, tf.reshape(keep, matrix.shape)) : matrix);
    },
  };
}

/** Scattering the non-zeros that stay is dropout on the dense matrix, without a random number for every zero. */
function scatteredFeatures({ nodes, featureCount, features, dropout }) {
  const shape = [nodes, featureCount];
  const tensors = {
    matrix: tf.tensor2d(toDense(features, ...shape), shape),
    values: tf.tensor1d(Float32Array.from(features.values)),
    places: placesTensor(features, nodes),
  };
  return {
    tensors,
    begin(draw) {
      const keep = draw(features.indices.length, dropout);
      return matrixProducts(keep ? tf.scatterND(tensors.places, tf.mul(tensors.values, keep), shape) : tensors.matrix);
    },
  };
}

/** Row and column of every entry. */
export function placesTensor({ indptr, indices }, rows) {
  const places = new Int32Array(2 * indices.length);
  for (let row = 0; row < rows; row++) {
    for (let k = indptr[row]; k < indptr[row + 1]; k++) places.set([row, indices[k]], 2 * k);
  }
  return tf.tensor2d(places, [indices.length, 2], 'int32');
}

/** Dropout on sparse features is dropout on their non-zeros. */
function sparseFeatures({ nodes, featureCount, features, dropout }) {
  const turned = transpose(features, nodes, featureCount);
  const tensors = {
    rows: piecesTensors(features, nodes, (k) => k),
    columns: piecesTensors(turned, featureCount, (k) => turned.entry[k]),
  };
  return {
    tensors,
    begin(draw) {
      const keep = draw(features.indices.length, dropout);
      const multiply = (matrix, x) =>
        rowSums(matrix, x, keep ? tf.mul(matrix.weights, tf.gather(keep, matrix.entries)) : matrix.weights);
      return { forward: (x) => multiply(tensors.rows, x), transposed: (x) => multiply(tensors.columns, x) };
    },
  };
}

/** A · x and Aᵀ · x; a symmetric matrix is stored once. */
export function adjacencyProducts({ model, nodes, adjacency }, formulation) {
  if (formulation === 'dense') {
    const matrix = tf.tensor2d(toDense(adjacency, nodes, nodes), [nodes, nodes]);
    const { forward, transposed } = matrixProducts(matrix);
    return { tensors: { matrix }, forward: inFours(forward), transposed: inFours(transposed) };
  }
  const rows = piecesTensors(adjacency, nodes);
  const columns = model === 'sage' ? piecesTensors(transpose(adjacency, nodes, nodes), nodes) : rows;
  const multiply = (matrix) => inFours((x) => rowSums(matrix, x, matrix.weights));
  return { tensors: { rows, columns }, forward: multiply(rows), transposed: multiply(columns) };
}

/** The product with the columns of `x` filled up to a multiple of four: tfjs's matmul kernels are 2 to 4 times faster so. */
export function inFours(product) {
  return (x) => {
    const columns = x.shape[1];
    const missing = (4 - (columns % 4)) % 4;
    if (missing === 0) return product(x);
    const filled = tf.pad2d(x, [
      [0, 0],
      [0, missing],
    ]);
    const result = product(filled);
    return tf.slice2d(result, [0, 0], [result.shape[0], columns]);
  };
}

/** The best pieces of a CSR matrix, with the numbers of their entries if asked for. */
export function piecesTensors(csr, rows, entryOf) {
  const p = toBestPieces(csr, rows);
  const shape = [p.pieceCount, 1, p.width];
  const weights = p.padding.map((real, k) => (real ? (csr.values?.[p.entries[k]] ?? 1) : 0));
  return {
    columns: tf.tensor2d(p.columns, [p.pieceCount, p.width], 'int32'),
    weights: tf.tensor3d(weights, shape),
    ...(entryOf ? { entries: tf.tensor3d(p.entries.map(entryOf), shape, 'int32') } : {}),
    ...(p.heavyCount > 0
      ? {
          heavyPieces: tf.tensor2d(p.heavyPieces, [p.heavyCount, p.widest], 'int32'),
          heavyPadding: tf.tensor3d(p.heavyPadding, [p.heavyCount, 1, p.widest]),
          rowSource: tf.tensor1d(p.rowSource, 'int32'),
        }
      : {}),
  };
}

/** Sums of the rows of `x` that the pieces name, times their weights, pieces × 1 × width. */
export function rowSums(matrix, x, weights) {
  return joinPieces(matrix, weightedSum(tf.gather(x, matrix.columns), weights));
}

/** From a sum per piece to a sum per row. */
export function joinPieces(matrix, sums) {
  if (!matrix.rowSource) return sums;
  const heavy = weightedSum(tf.gather(sums, matrix.heavyPieces), matrix.heavyPadding);
  return tf.gather(tf.concat([sums, heavy], 0), matrix.rowSource);
}

const weightedSum = (gathered, weights) => tf.squeeze(matMulInParts(weights, gathered), [1]);

/** Products that WebGPU starts at once: one per workgroup along an axis. */
const most = 65535;

/** tf.matMul of so many pairs of matrices that one dispatch does not take them all. */
export function matMulInParts(a, b, transposeB = false) {
  if (a.shape[0] <= most) return tf.matMul(a, b, false, transposeB);
  const parts = [];
  for (let first = 0; first < a.shape[0]; first += most) {
    const count = Math.min(most, a.shape[0] - first);
    const [ofA, ofB] = [a, b].map((x) => tf.slice(x, [first, 0, 0], [count, -1, -1]));
    parts.push(tf.matMul(ofA, ofB, false, transposeB));
  }
  return tf.concat(parts, 0);
}
