import { readFileSync } from 'node:fs';

/**
 * What every peer is given, and what they all make of it. Nothing here runs inside the timed region.
 *
 * @typedef {{ indptr: ArrayLike<number>, indices: ArrayLike<number>, values?: ArrayLike<number> | null }} Csr
 * @typedef {object} PeerInput
 * @property {'gcn' | 'sage' | 'gat'} model two layers; ReLU between them, with gat ELU
 * @property {number} nodes
 * @property {number} featureCount
 * @property {number} classes
 * @property {number} hidden
 * @property {number} heads of the first layer of gat, side by side; the second has one
 * @property {({ kind: 'sparse' } & Csr) | { kind: 'dense', values: ArrayLike<number> }} features nodes × featureCount
 * @property {Csr} adjacency nodes × nodes, what the model aggregates with: normalised symmetrically, with self-loops, equal to
 *   its transpose (gcn); the mean of the neighbours (sage); ones, with self-loops (gat)
 * @property {ArrayLike<number>} labels one per node
 * @property {ArrayLike<number>} train 1 where the node counts in the loss
 * @property {number} dropout on the input and on the hidden layer
 * @property {number} attentionDropout on the attention weights of gat
 * @property {number} lr
 * @property {number} weightDecay added to the gradient of the first layer, weights and bias
 * @property {number} seed
 * @property {'webgpu' | 'wasm'} [backend] of the library; by default WebGPU
 * @property {string} [formulation] one of the peer module's `formulations`, by default the first
 * @property {Record<string, ArrayLike<number>>} [weights] by the names of `parameterShapes`, row-major; drawn from the seed when
 *   absent
 *
 * @typedef {object} Peer
 * @property {string} name of the library, and of its backend
 * @property {string} version
 * @property {string} formulation one sentence
 * @property {(steps: number) => Promise<number>} run trains, waits until the device is done, gives the last step's loss
 * @property {() => void} dispose frees the peer
 *
 * @typedef {object} GemmPeer
 * @property {string} name
 * @property {string} version
 * @property {string} formulation one sentence
 * @property {(times: number) => Promise<void>} run multiplies so often, waits until the device is done
 * @property {() => void} dispose frees the peer
 */

/** Adam's constants, the defaults of every library here. */
export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Slope of the LeakyReLU of gat, in every library's default and in the paper. */
export const negativeSlope = 0.2;

/** Where the browser's libraries compute: on the GPU, or on the processor where a visitor has none. */
export const backends = ['webgpu', 'wasm'];

/** WebGPU's default for the largest storage binding. */
const largestBinding = 128 * 2 ** 20;

const beyond = {
  webgpu: () => "beyond WebGPU's default binding of 128 MiB",
  wasm: (nodes, columns) => `and ${(2 * nodes ** 2 * columns) / 1e9} GFLOP in each product of ${columns} columns`,
};

/**
 * Why a formulation is left out for this input; undefined where it is not.
 * @param {PeerInput} input
 */
export function leftOut({ formulation, backend = 'webgpu', nodes, hidden }) {
  if (formulation !== 'dense' || 4 * nodes ** 2 <= largestBinding) return;
  const size = `a dense adjacency of ${nodes} × ${nodes} is ${(4 * nodes ** 2) / 1e6} MB`;
  return `${size}, ${beyond[backend](nodes, hidden)}`;
}

/**
 * Shapes of the parameters by name; where the name ends in 1, it belongs to the first layer. w: of what comes from the neighbours;
 * r: of the node itself; s, t: attention at the source and at the target.
 * @param {PeerInput} input
 * @returns {Record<string, number[]>}
 */
export function parameterShapes({ model, featureCount: f, hidden: h, classes: c, heads }) {
  const gcn = { w1: [f, h], b1: [h], w2: [h, c], b2: [c] };
  if (model === 'sage') return { ...gcn, r1: [f, h], r2: [h, c] };
  if (model === 'gat') return { ...gcn, s1: [heads, h / heads], t1: [heads, h / heads], s2: [1, c], t2: [1, c] };
  return gcn;
}

/** A small generator (mulberry32) for what has no influence on the time: initial weights, dropout on the host. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Two square matrices, uniform in [-1, 1), row-major.
 * @param {number} side
 */
export function randomMatrices(side) {
  const next = random(1);
  return [0, 1].map(() => Float32Array.from({ length: side * side }, () => 2 * next() - 1));
}

/**
 * The initial weights: the input's own, or Glorot's uniform and zero biases drawn from its seed.
 * @param {PeerInput} input
 * @returns {Record<string, Float32Array>}
 */
export function initialWeights(input) {
  const next = random(input.seed);
  const glorot = (rows, columns) => {
    const limit = Math.sqrt(6 / (rows + columns));
    return Float32Array.from({ length: rows * columns }, () => (2 * next() - 1) * limit);
  };
  const initial = (name, shape) =>
    input.weights?.[name] ?? (shape.length === 2 ? glorot(...shape) : new Float32Array(...shape));
  const shapes = Object.entries(parameterShapes(input));
  return Object.fromEntries(shapes.map(([name, shape]) => [name, Float32Array.from(initial(name, shape))]));
}

/**
 * nodes × classes: 1/(training nodes) at the label of each training node, else 0, so that the loss is
 * −sum(target · log-softmax) and its gradient softmax · rowSum(target) − target.
 * @param {PeerInput} input
 */
export function lossTarget({ nodes, classes, labels, train }) {
  let count = 0;
  for (let node = 0; node < nodes; node++) count += train[node] ? 1 : 0;
  const target = new Float32Array(nodes * classes);
  for (let node = 0; node < nodes; node++) if (train[node]) target[node * classes + labels[node]] = 1 / count;
  return target;
}

/** The installed version of a dependency. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}
