/**
 * The order in which invocations take the rows of a sparse matrix: by length. Those that run in step on a device (a subgroup) wait for the
 * longest of their rows, which on a power-law graph is several times the mean. Sorted within windows, so that rows that lie together
 * in the matrix, and read the same neighbours, still run together: SELL-C-σ, https://arxiv.org/abs/1307.6209, and "row swizzle" in
 * Sputnik, https://arxiv.org/abs/2006.10901. It changes who sums a row, never what is summed in which order: no bit of a result.
 */

/** σ: rows that are sorted together. */
const WINDOW = 4096;

/**
 * What the device gets as row pointers: the `rows + 1` of the matrix, then its rows in the order in which they are taken, then one
 * word that is not used. Both in one list, because a kernel has few bindings.
 * @param longest rows with more entries come first in their window, as they are: an aggregation leaves them to others (segments.ts)
 */
export function pointersAndOrder(indptr: Uint32Array, rows: number, longest: number): Uint32Array {
  const list = new Uint32Array(2 * (rows + 1));
  list.set(indptr.subarray(0, rows + 1));
  const classOf = (row: number) => {
    const length = indptr[row + 1] - indptr[row];
    return length > longest ? 0 : 1 + longest - length;
  };
  // A counting sort of each window: `places[c]` is where the next row of class c goes.
  const places = new Uint32Array(longest + 2);
  for (let first = 0; first < rows; first += WINDOW) {
    const end = Math.min(first + WINDOW, rows);
    places.fill(0);
    for (let row = first; row < end; row++) places[classOf(row)]++;
    let place = rows + 1 + first;
    for (let c = 0; c < places.length; c++) {
      const count = places[c];
      places[c] = place;
      place += count;
    }
    for (let row = first; row < end; row++) list[places[classOf(row)]++] = row;
  }
  return list;
}
