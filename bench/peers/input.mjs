import { readFileSync } from 'node:fs';

/**
 * What every peer is given, and the layouts that the peers make of it. Nothing here runs inside the timed region.
 *
 * @typedef {{ indptr: ArrayLike<number>, indices: ArrayLike<number>, values: ArrayLike<number> }} Csr
 * @typedef {object} PeerInput
 * @property {number} nodes
 * @property {number} featureCount
 * @property {number} classes
 * @property {number} hidden
 * @property {Csr} features nodes × featureCount
 * @property {Csr} adjacency nodes × nodes, normalised symmetrically, with self-loops: equal to its transpose
 * @property {ArrayLike<number>} labels one per node
 * @property {ArrayLike<number>} train 1 where the node counts in the loss
 * @property {number} dropout on the input and on the hidden layer
 * @property {number} lr
 * @property {number} weightDecay added to the gradient of the first layer, weights and bias
 * @property {number} seed
 * @property {string} [formulation] one of the peer module's `formulations`, by default the first
 * @property {ArrayLike<number>} [w1] featureCount × hidden, row-major; the four are drawn from the seed when absent
 * @property {ArrayLike<number>} [b1]
 * @property {ArrayLike<number>} [w2] hidden × classes
 * @property {ArrayLike<number>} [b2]
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} version
 * @property {string} formulation one sentence
 * @property {(steps: number) => Promise<number>} run trains, waits until the device is done, gives the last step's loss
 * @property {() => void} dispose frees the peer; the last one to go takes its library's device along
 *
 * @typedef {object} GemmPeer
 * @property {string} name
 * @property {string} version
 * @property {string} formulation one sentence
 * @property {(times: number) => Promise<void>} run multiplies so often, waits until the device is done
 * @property {() => void} dispose as of a Peer
 */

/** Adam's constants, the defaults of every library here. */
export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * A CSR matrix as a dense row-major one.
 * @param {Csr} csr
 * @param {number} rows
 * @param {number} columns
 */
export function toDense(csr, rows, columns) {
  const dense = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = csr.indptr[row]; k < csr.indptr[row + 1]; k++) dense[row * columns + csr.indices[k]] += csr.values[k];
  }
  return dense;
}

/**
 * The transpose of a CSR matrix; `entry[k]` says which stored value of the original the k-th of the transpose is.
 * @param {Csr} csr
 * @param {number} rows
 * @param {number} columns
 */
export function transpose(csr, rows, columns) {
  const count = csr.indices.length;
  const indptr = new Int32Array(columns + 1);
  for (let k = 0; k < count; k++) indptr[csr.indices[k] + 1]++;
  for (let column = 0; column < columns; column++) indptr[column + 1] += indptr[column];
  const next = indptr.slice(0, columns);
  const indices = new Int32Array(count);
  const values = new Float32Array(count);
  const entry = new Int32Array(count);
  for (let row = 0; row < rows; row++) {
    for (let k = csr.indptr[row]; k < csr.indptr[row + 1]; k++) {
      const at = next[csr.indices[k]]++;
      indices[at] = row;
      values[at] = csr.values[k];
      entry[at] = k;
    }
  }
  return { indptr, indices, values, entry };
}

/**
 * A CSR matrix as rectangles that a library without sparse kernels can multiply with gathers and row sums. Rows are cut
 * into pieces of at most `width` entries, so that one heavy row does not pad all of them:
 * - `columns`, `entries`: pieceCount × width; `padding` is 1 where an entry is real and 0 where it only fills up;
 * - `heavyPieces`, `heavyPadding`: heavyCount × widest, the pieces of each row that has several;
 * - `rowSource`: per row, its place in the pieces' sums followed by the heavy rows' sums.
 * Filling points at index 0; an empty row is one piece of filling.
 * @param {Csr} csr
 * @param {number} rows
 * @param {number} width
 */
export function toPieces(csr, rows, width) {
  const piecesOf = (row) => Math.max(1, Math.ceil((csr.indptr[row + 1] - csr.indptr[row]) / width));
  let pieceCount = 0;
  let heavyCount = 0;
  let widest = 0;
  for (let row = 0; row < rows; row++) {
    const pieces = piecesOf(row);
    pieceCount += pieces;
    if (pieces < 2) continue;
    heavyCount++;
    widest = Math.max(widest, pieces);
  }
  const columns = new Int32Array(pieceCount * width);
  const entries = new Int32Array(pieceCount * width);
  const padding = new Float32Array(pieceCount * width);
  const heavyPieces = new Int32Array(heavyCount * widest);
  const heavyPadding = new Float32Array(heavyCount * widest);
  const rowSource = new Int32Array(rows);
  let piece = 0;
  let heavy = 0;
  for (let row = 0; row < rows; row++) {
    const pieces = piecesOf(row);
    rowSource[row] = pieces === 1 ? piece : pieceCount + heavy;
    for (let nth = 0; nth < pieces; nth++, piece++) {
      const first = csr.indptr[row] + nth * width;
      const end = Math.min(first + width, csr.indptr[row + 1]);
      for (let k = first; k < end; k++) {
        const at = piece * width + k - first;
        columns[at] = csr.indices[k];
        entries[at] = k;
        padding[at] = 1;
      }
      if (pieces === 1) continue;
      heavyPieces[heavy * widest + nth] = piece;
      heavyPadding[heavy * widest + nth] = 1;
    }
    if (pieces > 1) heavy++;
  }
  return { columns, entries, padding, pieceCount, width, heavyPieces, heavyPadding, heavyCount, widest, rowSource };
}

/**
 * The pieces with the width that leaves the fewest elements to gather, among multiples of four (for vec4 loads). Charging
 * extra for every piece, and widths between the multiples, were slower in both libraries.
 * @param {Csr} csr
 * @param {number} rows
 */
export function toBestPieces(csr, rows) {
  const gathered = ({ pieceCount, width, heavyCount, widest }) =>
    pieceCount * width + heavyCount * widest + (heavyCount > 0 ? rows : 0);
  let best = toPieces(csr, rows, 4);
  for (let width = 8; width <= 64; width += 4) {
    const pieces = toPieces(csr, rows, width);
    if (gathered(pieces) < gathered(best)) best = pieces;
  }
  return best;
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
 */
export function initialWeights(input) {
  const next = random(input.seed);
  const glorot = (rows, columns) => {
    const limit = Math.sqrt(6 / (rows + columns));
    return Float32Array.from({ length: rows * columns }, () => (2 * next() - 1) * limit);
  };
  const { featureCount, hidden, classes } = input;
  return {
    w1: Float32Array.from(input.w1 ?? glorot(featureCount, hidden)),
    b1: Float32Array.from(input.b1 ?? new Float32Array(hidden)),
    w2: Float32Array.from(input.w2 ?? glorot(hidden, classes)),
    b2: Float32Array.from(input.b2 ?? new Float32Array(classes)),
  };
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
