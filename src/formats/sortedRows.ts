/**
 * Sorted rows of ids as bytes, the coding of edges and sparse features in a bundle. Per row: the number of ids, then the
 * gaps between them, each as a LEB128 varint (https://en.wikipedia.org/wiki/LEB128, unsigned, at most 5 bytes). The
 * first gap counts from `base(row)`, the others from one past the id before, so that no id can repeat. On the dependency
 * graph of Debian, after gzip, edges take a third and words a sixth less than the same CSR as 32-bit words; before it,
 * half.
 */

/** A CSR pattern: ids of row r are indices[indptr[r] .. indptr[r+1]), strictly ascending, at least the row's base. */
export interface SortedRows {
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
}

/** Row r's ids may start anywhere (0), or at r itself (the upper triangle of a symmetric adjacency). */
export type RowBase = 'zero' | 'row';

/** Encodes. Throws RangeError where a row is not strictly ascending from its base. */
export function encodeSortedRows({ indptr, indices }: SortedRows, base: RowBase): Uint8Array {
  const rows = indptr.length - 1;
  const bytes = new Uint8Array(5 * (rows + indices.length));
  let at = 0;
  const write = (value: number) => {
    let rest = value;
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  };
  for (let row = 0; row < rows; row++) {
    write(indptr[row + 1] - indptr[row]);
    let next = base === 'row' ? row : 0;
    for (let e = indptr[row]; e < indptr[row + 1]; e++) {
      if (indices[e] < next) throw new RangeError(`Row ${row} is not ascending from its base at entry ${e}.`);
      write(indices[e] - next);
      next = indices[e] + 1;
    }
  }
  return bytes.slice(0, at);
}

/**
 * Decodes `rows` rows whose ids must be below `cols`; `fail` receives what is wrong with the bytes and must throw.
 * Nothing is allocated before it is known that the bytes are at least as many as what they claim to hold.
 */
export function decodeSortedRows(
  bytes: Uint8Array,
  rows: number,
  cols: number,
  base: RowBase,
  fail: (what: string) => never,
): SortedRows {
  if (rows > bytes.length) fail(`has ${bytes.length} bytes, too few for ${rows} rows`);
  const indptr = new Uint32Array(rows + 1);
  // Every varint ends in a byte below 128, so this counts them: a row's count, then its ids.
  let varints = 0;
  for (const byte of bytes) varints += byte < 0x80 ? 1 : 0;
  if (varints < rows) fail(`ends before row ${varints}`);
  const indices = new Uint32Array(varints - rows);
  let at = 0;
  let entries = 0;
  const read = (row: number): number => {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < 5; n++) {
      if (at === bytes.length) fail(`ends inside row ${row}`);
      const byte = bytes[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return fail(`has a number of more than 5 bytes in row ${row}`);
  };
  for (let row = 0; row < rows; row++) {
    const count = read(row);
    if (count > indices.length - entries) fail(`claims ${count} ids in row ${row}, more than it holds`);
    let next = base === 'row' ? row : 0;
    for (let n = 0; n < count; n++) {
      const id = next + read(row);
      if (id >= cols) fail(`has the id ${id} in row ${row}, where ids end at ${cols - 1}`);
      indices[entries++] = id;
      next = id + 1;
    }
    indptr[row + 1] = entries;
  }
  if (at !== bytes.length) fail(`has ${bytes.length - at} bytes after its last row`);
  return { indptr, indices };
}
