/**
 * Heavy rows. One workgroup per row would let a hub with 20,000 neighbours run alone long after the others; so rows above a
 * threshold are cut into segments of equal length, summed apart and merged in a second pass. The cuts depend on the matrix
 * alone, hence the order of summation does, and the result has the same bits every time.
 */

export interface HeavySegments {
  /** Four words per segment: row, begin, end (entries of the matrix), 0. A row's segments follow each other. */
  readonly segments: Uint32Array;
  /** Four words per heavy row: row, first segment, number of segments, 0. */
  readonly heavy: Uint32Array;
}

/** The segments of the rows with more than `threshold` entries, each `segmentLength` entries long but a row's last. */
export function heavySegments(
  indptr: Uint32Array,
  rows: number,
  threshold: number,
  segmentLength: number,
): HeavySegments {
  const segments: number[] = [];
  const heavy: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [begin, end] = [indptr[row], indptr[row + 1]];
    if (end - begin <= threshold) continue;
    heavy.push(row, segments.length / 4, Math.ceil((end - begin) / segmentLength), 0);
    for (let at = begin; at < end; at += segmentLength) segments.push(row, at, Math.min(at + segmentLength, end), 0);
  }
  return { segments: Uint32Array.from(segments), heavy: Uint32Array.from(heavy) };
}

/**
 * The most heavy rows and segments that any matrix with at most `entries` entries can have. A heavy row has at least
 * threshold + 1 entries, so there are h <= H = floor(entries / (threshold + 1)). A row of d entries has
 * ceil(d / L) <= (d + L - 1) / L segments; summed over the rows: at most (entries + H (L - 1)) / L. The bound is reached
 * whenever threshold is a multiple of L and threshold + 1 divides entries.
 */
export function maxSegments(
  entries: number,
  threshold: number,
  segmentLength: number,
): { heavy: number; segments: number } {
  const heavy = Math.floor(entries / (threshold + 1));
  const segments = heavy === 0 ? 0 : Math.floor((entries + heavy * (segmentLength - 1)) / segmentLength);
  return { heavy, segments };
}
