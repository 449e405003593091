import '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  initialWeights,
  lossTarget,
  random,
  randomMatrices,
  toBestPieces,
  toDense,
  transpose,
  versionOf,
} from './input.mjs';

/** The ways to write the sparse products, measured in README.md. */
export const formulations = ['gather', 'dense'];

const sentences = {
  gather: 'rows cut into padded pieces, multiplied with gathers and batched matmuls, derivative written out',
  dense: 'dense adjacency and features as matmuls, derivative written out',
};

let livePeers = 0;

/**
 * tfjs on WebGPU; `installShims` must have run before this module is imported.
 * @param {import('./input.mjs').PeerInput} input
 * @returns {Promise<import('./input.mjs').Peer>}
 */
export async function createPeer(input) {
  const formulation = input.formulation ?? formulations[0];
  await start();
  const products = formulation === 'dense' ? denseProducts(input) : gatherProducts(input);
  const target = tf.tensor2d(lossTarget(input), [input.nodes, input.classes]);
  const inLoss = tf.sum(target, -1, true);
  const state = initialState(input);
  const step = trainingStep(input, products, target, inLoss);
  livePeers++;

  return {
    name: 'tfjs-webgpu',
    version: versionOf('@tensorflow/tfjs-backend-webgpu'),
    formulation: sentences[formulation],
    async run(steps) {
      let loss;
      for (let nth = 0; nth < steps; nth++) {
        loss?.dispose();
        loss = tf.tidy(() => step(state));
      }
      // Reading the loss submits what is pending, the update included; then wait for all of it.
      const [value] = await loss.data();
      loss.dispose();
      await tf.backend().device.queue.onSubmittedWorkDone();
      return value;
    },
    dispose() {
      tf.dispose([products.tensors, target, inLoss, state.params, state.m, state.v]);
      release();
    },
  };
}

/**
 * C = A · B of two random square matrices of this side.
 * @param {number} side
 * @returns {Promise<import('./input.mjs').GemmPeer>}
 */
export async function createGemm(side) {
  await start();
  const [a, b] = randomMatrices(side).map((values) => tf.tensor2d(values, [side, side]));
  livePeers++;

  return {
    name: 'tfjs-webgpu',
    version: versionOf('@tensorflow/tfjs-backend-webgpu'),
    formulation: 'tf.matMul',
    async run(times) {
      let product;
      for (let nth = 0; nth < times; nth++) {
        product?.dispose();
        product = tf.matMul(a, b);
      }
      // Reading one number submits what is pending; then wait for all of it.
      const corner = tf.slice(product, [0, 0], [1, 1]);
      await corner.data();
      tf.dispose([corner, product]);
      await tf.backend().device.queue.onSubmittedWorkDone();
    },
    dispose() {
      tf.dispose([a, b]);
      release();
    },
  };
}

async function start() {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs found no WebGPU adapter.');
  await tf.ready();
}

function release() {
  if (--livePeers === 0) tf.backend().device.destroy();
}

function initialState(input) {
  const { featureCount, hidden, classes } = input;
  const weights = initialWeights(input);
  const shapes = { w1: [featureCount, hidden], b1: [hidden], w2: [hidden, classes], b2: [classes] };
  const filled = (of) => Object.fromEntries(Object.keys(shapes).map((name) => [name, of(name)]));
  return {
    params: filled((name) => tf.tensor(weights[name], shapes[name])),
    m: filled((name) => tf.zeros(shapes[name])),
    v: filled((name) => tf.zeros(shapes[name])),
    t: 0,
  };
}

/** 0 or 1/(1−dropout) each, drawn on the host: `tf.dropout` draws there too, with a slower generator. */
function keepDrawer({ dropout, seed }) {
  const next = random(seed);
  const kept = 1 / (1 - dropout);
  return (count) => Float32Array.from({ length: count }, () => (next() < dropout ? 0 : kept));
}

/** The product with the columns of `x` filled up to a multiple of four: tfjs's matmul kernels are 2 to 4 times faster so. */
function inFours(product) {
  return (x) => {
    const [rows, columns] = x.shape;
    const missing = (4 - (columns % 4)) % 4;
    if (missing === 0) return product(x);
    const filled = tf.pad2d(x, [
      [0, 0],
      [0, missing],
    ]);
    return tf.slice2d(product(filled), [0, 0], [rows, columns]);
  };
}

function denseProducts({ nodes, featureCount, features, adjacency, dropout }) {
  const count = features.indices.length;
  const places = new Int32Array(2 * count);
  for (let row = 0; row < nodes; row++) {
    for (let k = features.indptr[row]; k < features.indptr[row + 1]; k++) places.set([row, features.indices[k]], 2 * k);
  }
  const tensors = {
    features: tf.tensor2d(toDense(features, nodes, featureCount), [nodes, featureCount]),
    values: tf.tensor1d(Float32Array.from(features.values)),
    places: tf.tensor2d(places, [count, 2], 'int32'),
    adjacency: tf.tensor2d(toDense(adjacency, nodes, nodes), [nodes, nodes]),
  };
  return {
    tensors,
    // Scattering the non-zeros that stay is dropout on the dense matrix, without a random number for every zero.
    begin(draw) {
      const dropped =
        dropout === 0
          ? tensors.features
          : tf.scatterND(tensors.places, tf.mul(tensors.values, draw(count)), [nodes, featureCount]);
      return {
        features: (x) => tf.matMul(dropped, x),
        featuresTransposed: (x) => tf.matMul(dropped, x, true),
        adjacency: inFours((x) => tf.matMul(tensors.adjacency, x)),
      };
    },
  };
}

function gatherProducts({ nodes, featureCount, features, adjacency, dropout }) {
  const transposed = transpose(features, nodes, featureCount);
  const pieces = (csr, rows, entryOf) => {
    const p = toBestPieces(csr, rows);
    const weights = p.padding.map((real, k) => (real ? csr.values[p.entries[k]] : 0));
    return {
      columns: tf.tensor2d(p.columns, [p.pieceCount, p.width], 'int32'),
      weights: tf.tensor3d(weights, [p.pieceCount, 1, p.width]),
      ...(entryOf ? { entries: tf.tensor3d(p.entries.map(entryOf), [p.pieceCount, 1, p.width], 'int32') } : {}),
      ...(p.heavyCount > 0
        ? {
            heavyPieces: tf.tensor2d(p.heavyPieces, [p.heavyCount, p.widest], 'int32'),
            heavyPadding: tf.tensor3d(p.heavyPadding, [p.heavyCount, 1, p.widest]),
            rowSource: tf.tensor1d(p.rowSource, 'int32'),
          }
        : {}),
    };
  };
  const tensors = {
    features: pieces(features, nodes, (k) => k),
    featuresTransposed: pieces(transposed, featureCount, (k) => transposed.entry[k]),
    adjacency: pieces(adjacency, nodes),
  };
  const weightedSum = (gathered, weights) => tf.squeeze(tf.matMul(weights, gathered), [1]);
  const multiply = (matrix, x, keep) => {
    const weights = keep ? tf.mul(matrix.weights, tf.gather(keep, matrix.entries)) : matrix.weights;
    const sums = weightedSum(tf.gather(x, matrix.columns), weights);
    if (!matrix.rowSource) return sums;
    const heavy = weightedSum(tf.gather(sums, matrix.heavyPieces), matrix.heavyPadding);
    return tf.gather(tf.concat([sums, heavy], 0), matrix.rowSource);
  };
  return {
    tensors,
    // Dropout on sparse features is dropout on their non-zeros.
    begin(draw) {
      const keep = dropout === 0 ? undefined : tf.tensor1d(draw(features.indices.length));
      return {
        features: (x) => multiply(tensors.features, x, keep),
        featuresTransposed: (x) => multiply(tensors.featuresTransposed, x, keep),
        adjacency: inFours((x) => multiply(tensors.adjacency, x)),
      };
    },
  };
}

/** Advances the state by one step and gives the loss: forward, derivative by hand (the adjacency is symmetric), Adam. */
function trainingStep(input, allProducts, target, inLoss) {
  const { nodes, hidden: width, dropout, lr, weightDecay } = input;
  const draw = keepDrawer(input);
  return (state) => {
    const { params } = state;
    const products = allProducts.begin(draw);

    const before = tf.add(products.adjacency(products.features(params.w1)), params.b1);
    const open = tf.step(before);
    const gate = dropout === 0 ? open : tf.mul(open, tf.tensor2d(draw(nodes * width), [nodes, width]));
    const hidden = tf.mul(before, gate);
    const scores = tf.add(products.adjacency(tf.matMul(hidden, params.w2)), params.b2);
    const logProbability = tf.logSoftmax(scores);
    const loss = tf.neg(tf.sum(tf.mul(logProbability, target)));

    const dScores = tf.sub(tf.mul(tf.exp(logProbability), inLoss), target);
    const dProjected = products.adjacency(dScores);
    const dBefore = tf.mul(tf.matMul(dProjected, params.w2, false, true), gate);
    const w1 = products.featuresTransposed(products.adjacency(dBefore));
    adamUpdate(state, lr, {
      w1: tf.add(w1, tf.mul(params.w1, weightDecay)),
      b1: tf.add(tf.sum(dBefore, 0), tf.mul(params.b1, weightDecay)),
      w2: tf.matMul(hidden, dProjected, true),
      b2: tf.sum(dScores, 0),
    });
    return loss;
  };
}

function adamUpdate(state, lr, gradients) {
  state.t++;
  const correction1 = 1 - adam.beta1 ** state.t;
  const correction2 = 1 - adam.beta2 ** state.t;
  for (const name of Object.keys(gradients)) {
    const gradient = gradients[name];
    const m = tf.add(tf.mul(state.m[name], adam.beta1), tf.mul(gradient, 1 - adam.beta1));
    const v = tf.add(tf.mul(state.v[name], adam.beta2), tf.mul(tf.square(gradient), 1 - adam.beta2));
    const root = tf.add(tf.sqrt(tf.div(v, correction2)), adam.epsilon);
    const param = tf.sub(state.params[name], tf.div(tf.mul(m, lr / correction1), root));
    tf.dispose([state.m[name], state.v[name], state.params[name]]);
    state.m[name] = tf.keep(m);
    state.v[name] = tf.keep(v);
    state.params[name] = tf.keep(param);
  }
}
