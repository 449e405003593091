import * as jax from '@jax-js/jax';
import {
  adam,
  initialWeights,
  lossTarget,
  randomMatrices,
  toBestPieces,
  toDense,
  transpose,
  versionOf,
} from './input.mjs';

const { nn, numpy: np, random, tree } = jax;

/** The ways to write the sparse products, measured in README.md. */
export const formulations = ['gather', 'dense'];

const sentences = {
  gather:
    'rows cut into padded pieces, multiplied with gathers and row sums, derivative written out, the whole step in one jit',
  dense: 'dense adjacency and features as matmuls, derivative written out, the whole step in one jit',
};

let livePeers = 0;

/**
 * jax-js on WebGPU; `installShims` must have run.
 * In jax-js every use of an array consumes a reference: `x.ref` where it is needed again.
 * @param {import('./input.mjs').PeerInput} input
 * @returns {Promise<import('./input.mjs').Peer>}
 */
export async function createPeer(input) {
  const formulation = input.formulation ?? formulations[0];
  await start();
  const data = {
    ...(formulation === 'dense' ? denseData(input) : gatherData(input)),
    target: array(lossTarget(input), [input.nodes, input.classes]),
  };
  const step = jax.jit(trainingStep(input, formulation === 'dense' ? denseProducts : gatherProducts(input)));
  let state = initialState(input);
  await jax.blockUntilReady({ data, state });
  livePeers++;

  return {
    name: 'jax-js',
    version: versionOf('@jax-js/jax'),
    formulation: sentences[formulation],
    async run(steps) {
      let loss;
      for (let nth = 0; nth < steps; nth++) {
        loss?.dispose();
        [state, loss] = step(state, tree.ref(data));
      }
      // Reading the loss submits what is pending, the update included; then wait for all of it.
      const [value] = await loss.data();
      await jax.getWebGPUDevice().queue.onSubmittedWorkDone();
      return value;
    },
    dispose() {
      tree.dispose(data);
      tree.dispose(state);
      step.dispose();
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
  const [a, b] = randomMatrices(side).map((values) => array(values, [side, side]));
  const multiply = jax.jit((x, y) => np.matmul(x, y));
  await jax.blockUntilReady([a, b]);
  livePeers++;

  return {
    name: 'jax-js',
    version: versionOf('@jax-js/jax'),
    formulation: 'np.matmul in a jit',
    async run(times) {
      const products = Array.from({ length: times }, () => multiply(a.ref, b.ref));
      await jax.blockUntilReady(products);
      await jax.getWebGPUDevice().queue.onSubmittedWorkDone();
      for (const product of products) product.dispose();
    },
    dispose() {
      a.dispose();
      b.dispose();
      multiply.dispose();
      release();
    },
  };
}

async function start() {
  if (!(await jax.init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU adapter.');
  jax.defaultDevice('webgpu');
}

function release() {
  if (--livePeers === 0) jax.getWebGPUDevice().destroy();
}

const array = (values, shape) => np.array(values).reshape(shape);

function initialState(input) {
  const { featureCount, hidden, classes, seed } = input;
  const weights = initialWeights(input);
  const shapes = { w1: [featureCount, hidden], b1: [hidden], w2: [hidden, classes], b2: [classes] };
  const filled = (of) => Object.fromEntries(Object.keys(shapes).map((name) => [name, of(name)]));
  return {
    params: filled((name) => array(weights[name], shapes[name])),
    m: filled((name) => np.zeros(shapes[name])),
    v: filled((name) => np.zeros(shapes[name])),
    t: np.array(0, { dtype: np.float32 }),
    key: random.key(seed),
  };
}

function denseData({ nodes, featureCount, features, adjacency }) {
  return {
    features: array(toDense(features, nodes, featureCount), [nodes, featureCount]),
    adjacency: array(toDense(adjacency, nodes, nodes), [nodes, nodes]),
  };
}

/** Each product: what one step's data gives. The features are dropped out once and used by both of their products. */
function denseProducts(data, drop) {
  const features = drop(data.features.ref);
  return {
    features: (x) => np.matmul(features.ref, x),
    featuresTransposed: (x) => np.matmul(np.transpose(features.ref), x),
    adjacency: (x) => np.matmul(data.adjacency.ref, x),
    dispose: () => features.dispose(),
  };
}

function gatherData({ nodes, featureCount, features, adjacency }) {
  const transposed = transpose(features, nodes, featureCount);
  const pieces = (csr, rows, entryOf) => {
    const p = toBestPieces(csr, rows);
    const shape = [p.pieceCount, p.width];
    const heavyShape = [p.heavyCount, p.widest];
    return {
      columns: array(p.columns, shape),
      weights: array(
        p.padding.map((real, k) => (real ? csr.values[p.entries[k]] : 0)),
        shape,
      ),
      ...(entryOf ? { entries: array(p.entries.map(entryOf), shape) } : {}),
      ...(p.heavyCount > 0
        ? {
            heavyPieces: array(p.heavyPieces, heavyShape),
            heavyPadding: array(p.heavyPadding, heavyShape),
            rowSource: np.array(p.rowSource),
          }
        : {}),
    };
  };
  return {
    features: pieces(features, nodes, (k) => k),
    featuresTransposed: pieces(transposed, featureCount, (k) => transposed.entry[k]),
    adjacency: pieces(adjacency, nodes),
  };
}

/** Dropout on sparse features is dropout on their non-zeros: no random number for every zero. */
function gatherProducts({ features }) {
  return (data, drop) => {
    const keep = drop(np.ones([features.indices.length]));
    const multiply = (matrix, x, keep) => {
      let weights = matrix.weights.ref;
      if (keep) weights = weights.mul(np.take(keep.ref, matrix.entries.ref, 0));
      const sums = np.take(x, matrix.columns.ref, 0).mul(np.expandDims(weights, 2)).sum(1);
      if (!matrix.rowSource) return sums;
      const heavy = np.take(sums.ref, matrix.heavyPieces.ref, 0).mul(np.expandDims(matrix.heavyPadding.ref, 2)).sum(1);
      return np.take(np.concatenate([sums, heavy], 0), matrix.rowSource.ref, 0);
    };
    return {
      features: (x) => multiply(data.features, x, keep),
      featuresTransposed: (x) => multiply(data.featuresTransposed, x, keep),
      adjacency: (x) => multiply(data.adjacency, x),
      dispose: () => keep.dispose(),
    };
  };
}

/** (state, data) → [next state, loss]: forward, the derivative by hand (the adjacency is symmetric), Adam. */
function trainingStep({ dropout, lr, weightDecay }, productsOf) {
  const dropWith = (key) => (x) => {
    if (dropout === 0) {
      key.dispose();
      return x;
    }
    return np.where(random.bernoulli(key, 1 - dropout, x.shape), x.mul(1 / (1 - dropout)), 0);
  };
  return (state, data) => {
    const { params } = state;
    const keys = random.split(state.key, 3);
    const key = keys.ref.slice(0);
    const products = productsOf(data, dropWith(keys.ref.slice(1)));

    const before = products.adjacency(products.features(params.w1.ref)).add(params.b1.ref);
    const gate = dropWith(keys.slice(2))(np.where(np.greater(before.ref, 0), 1, 0).astype(np.float32));
    const hidden = before.mul(gate.ref);
    const scores = products.adjacency(np.matmul(hidden.ref, params.w2.ref)).add(params.b2.ref);
    const logProbability = nn.logSoftmax(scores, -1);
    const loss = logProbability.ref.mul(data.target.ref).sum().neg();

    const inLoss = data.target.ref.sum(-1, { keepdims: true });
    const dScores = np.exp(logProbability).mul(inLoss).sub(data.target.ref);
    const dProjected = products.adjacency(dScores.ref);
    const dBefore = np.matmul(dProjected.ref, np.transpose(params.w2.ref)).mul(gate);
    const gradients = {
      w1: products.featuresTransposed(products.adjacency(dBefore.ref)).add(params.w1.ref.mul(weightDecay)),
      b1: dBefore.sum(0).add(params.b1.ref.mul(weightDecay)),
      w2: np.matmul(np.transpose(hidden), dProjected),
      b2: dScores.sum(0),
    };
    products.dispose();
    tree.dispose(data);
    return [{ ...adamUpdate(state, gradients, lr), key }, loss];
  };
}

function adamUpdate(state, gradients, lr) {
  const t = state.t.add(1);
  const correction1 = np.subtract(1, np.exp(t.ref.mul(Math.log(adam.beta1))));
  const correction2 = np.subtract(1, np.exp(t.ref.mul(Math.log(adam.beta2))));
  const next = { params: {}, m: {}, v: {}, t };
  for (const name of Object.keys(gradients)) {
    const gradient = gradients[name];
    const m = state.m[name].mul(adam.beta1).add(gradient.ref.mul(1 - adam.beta1));
    const v = state.v[name].mul(adam.beta2).add(np.square(gradient).mul(1 - adam.beta2));
    const root = np.sqrt(v.ref.div(correction2.ref)).add(adam.epsilon);
    next.params[name] = state.params[name].sub(m.ref.div(correction1.ref).div(root).mul(lr));
    next.m[name] = m;
    next.v[name] = v;
  }
  correction1.dispose();
  correction2.dispose();
  return next;
}
