import { InputError } from '../config/errors.ts';
import { tooHeavy } from './arrange.ts';

/**
 * What `arrange` decides by adding whole matrices, decided row by row: every entry of a row, and of the same row of the
 * transpose, is at hand, so that neither matrix has to be.
 */
export interface RowMerger {
  /** Entries of the list that are left when duplicates are merged, and of both directions together. */
  readonly counts: { oneWay: number; bothWays: number; asListed: boolean };
  /**
   * Merges the entries begin to end (exclusive) of one row and writes them from `out` on, which is not beyond `begin`;
   * returns where they end. A key is 2 · column + 1 where it is the way back of an edge, and becomes the column. Equal keys
   * stand in the order of the list. Throws InputError where weights sum to no finite number.
   */
  merge(keys: Uint32Array, weights: Float32Array | null, begin: number, end: number, out: number): number;
}

/** Native sorting costs about as much to call as inserting so few. */
const INSERTED = 24;

/** `longest`: entries of the longest row; with weights, 12 bytes of scratch for each. */
export function rowMerger(name: string, directed: boolean, weighted: boolean, longest: number): RowMerger {
  const counts = { oneWay: 0, bothWays: 0, asListed: true };
  const sort = weighted ? weightedSort(name, longest) : sortKeys;
  return {
    counts,
    merge(keys, weights, begin, end, out) {
      sort(keys, begin, end, weights!);
      for (let i = begin; i < end; ) {
        const column = keys[i] >>> 1;
        const first = i;
        let [there, back] = [0, 0];
        for (; i < end && keys[i] === 2 * column; i++) there += weights ? weights[i] : 1;
        const turn = i;
        for (; i < end && keys[i] === 2 * column + 1; i++) back += weights ? weights[i] : 1;
        const [isThere, isBack] = [turn > first, i > turn];
        // Each direction is a number of its own, rounded as it is stored, before the two meet.
        there = Math.fround(there);
        back = Math.fround(back);
        const agree = isThere && isBack && (!weights || there === back);
        counts.bothWays++;
        if (isThere) counts.oneWay++;
        if (!agree) counts.asListed = false;
        if (directed && !isThere) continue;
        keys[out] = column;
        if (weights) {
          weights[out] = directed || agree ? there : there + back;
          if (weights[out] === Infinity) throw tooHeavy(name);
        }
        out++;
      }
      return out;
    },
  };
}

function sortKeys(keys: Uint32Array, begin: number, end: number): void {
  if (end - begin > INSERTED) {
    keys.subarray(begin, end).sort();
    return;
  }
  for (let i = begin + 1; i < end; i++) {
    const key = keys[i];
    let at = i;
    for (; at > begin && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}

/** Key and position in one float64, so that a sort without a callback is stable and takes the weights along. */
function weightedSort(name: string, longest: number) {
  const order = new Float64Array(longest);
  const moved = new Float32Array(longest);
  return (keys: Uint32Array, begin: number, end: number, weights: Float32Array) => {
    const length = end - begin;
    for (let i = 0; i < length; i++) {
      order[i] = keys[begin + i] * length + i;
      if (order[i] > Number.MAX_SAFE_INTEGER) throw new InputError(tooLong(name, length));
      moved[i] = weights[begin + i];
    }
    order.subarray(0, length).sort();
    for (let i = 0; i < length; i++) {
      const key = Math.floor(order[i] / length);
      keys[begin + i] = key;
      weights[begin + i] = moved[order[i] - key * length];
    }
  };
}

function tooLong(name: string, length: number): string {
  return `A node of ${name} has ${length} weighted edges, more than can be sorted: leave the weights out.`;
}
