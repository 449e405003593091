/** Layouts of sparse matrices for libraries that have no sparse kernels. A CSR matrix (input.mjs) without values has ones. */

/** @typedef {import('./input.mjs').Csr} Csr */

/**
 * A CSR matrix as a dense row-major one.
 * @param {Csr} csr
 * @param {number} rows
 * @param {number} columns
 */
export function toDense(csr, rows, columns) {
  const dense = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let k = csr.indptr[row]; k < csr.indptr[row + 1]; k++)
      dense[row * columns + csr.indices[k]] += csr.values?.[k] ?? 1;
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
      values[at] = csr.values?.[k] ?? 1;
      entry[at] = k;
    }
  }
  return { indptr, indices, values, entry };
}

/**
 * A CSR matrix as rectangles that a library without sparse kernels can multiply with gathers and row sums. Rows are cut
 * into pieces of at most `width` entries, so that one heavy row does not pad all of them:
 * - `columns`, `entries`: pieceCount × width; `padding` is 1 where an entry is real and 0 where it only fills up;
 * - `pieceRow`: the row of each piece;
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
  const pieceRow = new Int32Array(pieceCount);
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
      pieceRow[piece] = row;
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
  const ofPieces = { columns, entries, padding, pieceRow, pieceCount, width };
  return { ...ofPieces, heavyPieces, heavyPadding, heavyCount, widest, rowSource };
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

/**
 * Attention of several heads as that of one: node v of head k is node v · heads + k of a graph `heads` times as large, in which
 * heads do not meet. Without values.
 * @param {Csr} csr
 * @param {number} rows
 * @param {number} heads
 */
export function perHead(csr, rows, heads) {
  const indptr = new Int32Array(rows * heads + 1);
  const indices = new Int32Array(csr.indices.length * heads);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      for (let k = csr.indptr[row]; k < csr.indptr[row + 1]; k++) indices[next++] = csr.indices[k] * heads + head;
      indptr[row * heads + head + 1] = next;
    }
  }
  return { indptr, indices };
}

/**
 * Where each of `rows` stands in a list of row numbers: the sums over these places are the derivative of a gather.
 * @param {ArrayLike<number>} index
 * @param {number} rows
 * @param {ArrayLike<number>} [real] 0 at places that only fill up
 */
export function placesOf(index, rows, real) {
  const indptr = new Int32Array(rows + 1);
  for (let at = 0; at < index.length; at++) if (!real || real[at]) indptr[index[at] + 1]++;
  for (let row = 0; row < rows; row++) indptr[row + 1] += indptr[row];
  const next = indptr.slice(0, rows);
  const indices = new Int32Array(indptr[rows]);
  for (let at = 0; at < index.length; at++) if (!real || real[at]) indices[next[index[at]]++] = at;
  return { indptr, indices };
}
