/** Of one chunk: three numbers for each part of a row: where it lies in the chunk, where it goes, how many elements it has. */
interface ChunkPieces {
  readonly index: number;
  readonly pieces: readonly number[];
}

/** Elements begin[i] and following on their way to offsets[i] .. offsets[i + 1], chunk by chunk, for each i in `order`. */
export function* chunkPieces(
  order: ArrayLike<number>,
  begin: ArrayLike<number>,
  offsets: ArrayLike<number>,
  perChunk: number,
): Generator<ChunkPieces> {
  let index = 0;
  let pieces: number[] = [];
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    let from = begin[i];
    for (let to = offsets[i]; to < offsets[i + 1]; ) {
      const lies = Math.floor(from / perChunk);
      if (lies !== index && pieces.length > 0) {
        yield { index, pieces };
        pieces = [];
      }
      index = lies;
      const at = from - index * perChunk;
      const length = Math.min(offsets[i + 1] - to, perChunk - at);
      pieces.push(at, to, length);
      to += length;
      from += length;
    }
  }
  if (pieces.length > 0) yield { index, pieces };
}

/** Where the pieces lie in their chunk, in bytes: begin and end of each, neighbours together. */
export function byteRanges(pieces: readonly number[], size: number): Uint32Array {
  const ranges = new Uint32Array((2 * pieces.length) / 3);
  let count = 0;
  for (let i = 0; i < pieces.length; i += 3) {
    const begin = pieces[i] * size;
    if (count === 0 || ranges[count - 1] !== begin) {
      ranges[count] = begin;
      count += 2;
    }
    ranges[count - 1] = begin + pieces[i + 2] * size;
  }
  return ranges.slice(0, count);
}
