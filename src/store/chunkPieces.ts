import { addPiece, newPieces, type Pieces } from '../graph/copyPieces.ts';
import { countingSort } from '../graph/csr.ts';

/** How rows that are asked for lie in the chunks of an array. */

/**
 * Elements begin[i] and following on their way to offsets[i] .. offsets[i + 1], chunk by chunk: of each that has some, its number and
 * the parts of rows in it, in the order of the request. The pieces are the same object every time.
 */
export function* chunkPieces(
  begin: ArrayLike<number>,
  offsets: Uint32Array,
  perChunk: number,
  chunks: number,
): Generator<readonly [index: number, pieces: Pieces]> {
  const { order, starts } = byChunk(begin, offsets, perChunk, chunks);
  const pieces = newPieces(begin.length);
  // Rows that go on in the next chunk.
  let cut: number[] = [];
  for (let index = 0; index < chunks; index++) {
    const low = index * perChunk;
    const before = cut;
    cut = [];
    pieces.count = 0;
    for (const i of before) if (addPart(pieces, begin, offsets, i, low, perChunk)) cut.push(i);
    for (let k = starts[index]; k < starts[index + 1]; k++) {
      if (addPart(pieces, begin, offsets, order[k], low, perChunk)) cut.push(order[k]);
    }
    if (pieces.count > 0) yield [index, pieces];
  }
}

/** The rows that have elements, by the chunk in which they begin: those of chunk c are order[starts[c]] .. order[starts[c + 1]]. */
function byChunk(begin: ArrayLike<number>, offsets: Uint32Array, perChunk: number, chunks: number) {
  const chunkOf = new Uint32Array(begin.length);
  for (let i = 0; i < begin.length; i++) {
    chunkOf[i] = offsets[i] === offsets[i + 1] ? chunks : Math.floor(begin[i] / perChunk);
  }
  return countingSort(chunkOf, null, chunks + 1);
}

/** Adds what row i has in the chunk that begins with element `low`; true where the row goes on in the next one. */
function addPart(
  pieces: Pieces,
  begin: ArrayLike<number>,
  offsets: Uint32Array,
  i: number,
  low: number,
  perChunk: number,
): boolean {
  const done = Math.max(0, low - begin[i]);
  const at = begin[i] + done - low;
  const place = offsets[i] + done;
  const left = offsets[i + 1] - place;
  addPiece(pieces, at, place, Math.min(left, perChunk - at));
  return left > perChunk - at;
}

/** Where the pieces lie in their chunk, in bytes: begin and end of each, neighbours that follow each other together. */
export function byteRanges({ begin, length, count }: Pieces, size: number): Uint32Array {
  const ranges = new Uint32Array(2 * count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const from = begin[i] * size;
    if (end === 0 || ranges[end - 1] !== from) {
      ranges[end] = from;
      end += 2;
    }
    ranges[end - 1] = from + length[i] * size;
  }
  return ranges.slice(0, end);
}

/** Bytes of all ranges together. */
export function rangesLength(ranges: Uint32Array): number {
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) length += ranges[i + 1] - ranges[i];
  return length;
}

/** As the pieces lie where only their ranges were read, one after the other. */
export function sideBySide({ begin, length, count }: Pieces): void {
  for (let i = 0, next = 0; i < count; i++) {
    begin[i] = next;
    next += length[i];
  }
}
