import { type Key, threefry } from './random.ts';

/** Integers, shuffles and samples from counter-based random numbers: what they return depends on key and counters alone. */

const words = new Uint32Array(2);

/** A uniform integer in [0, bound), bound up to 2^32. It uses 53 bits: no probability is off by more than 2^-53. */
export function uniformBelow(bound: number, key: Key, counter0: number, counter1: number): number {
  threefry(key[0], key[1], counter0, counter1, words);
  return below(bound);
}

function below(bound: number): number {
  return Math.floor(((words[0] >>> 5) * 2 ** 26 + (words[1] >>> 6)) * 2 ** -53 * bound);
}

/** A shuffled copy: Fisher and Yates' algorithm in Durstenfeld's form. */
export function shuffled(ids: Uint32Array, key: Key): Uint32Array {
  const out = ids.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const j = uniformBelow(i + 1, key, i, 0);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/**
 * Writes to out[0..k) a uniform sample of k different numbers below n, ascending; k <= n. Floyd's algorithm (Bentley and
 * Floyd, "A sample of brilliance", CACM 30(9), 1987): k draws however large n is, which is what a hub with 20,000
 * neighbours and a fan-out of 10 wants; hashing every edge and taking the k smallest would cost 20,000 draws. When a number
 * was taken already, Floyd takes the largest candidate instead: that goes to the end, so the sample stays sorted for free.
 */
export function sampleBelow(n: number, k: number, key: Key, counter0: number, out: Uint32Array): void {
  // As 32-bit integers, which is how the hash takes them.
  const [key0, key1] = [key[0] | 0, key[1] | 0];
  for (let size = 0; size < k; size++) {
    const largest = n - k + size;
    threefry(key0, key1, counter0, size, words);
    const candidate = below(largest + 1);
    const place = placeOf(out, size, candidate);
    if (place < size && out[place] === candidate) {
      out[size] = largest;
    } else {
      insertAt(out, size, place, candidate);
    }
  }
}

/** The first position below `length` whose number is not below `value`. */
export function placeOf(sorted: Uint32Array, length: number, value: number): number {
  if (length > SHORT) return lowerBound(sorted, length, value);
  let place = length;
  while (place > 0 && sorted[place - 1] >= value) place--;
  return place;
}

/** Puts `value` at `place` of the first `length` numbers, and those behind it one further. */
export function insertAt(numbers: Uint32Array, length: number, place: number, value: number): void {
  if (length - place > SHORT) numbers.copyWithin(place + 1, place, length);
  else for (let at = length; at > place; at--) numbers[at] = numbers[at - 1];
  numbers[place] = value;
}

/** So many numbers are gone through, or moved, before a search by halves or a call of copyWithin has begun. */
const SHORT = 32;

function lowerBound(sorted: Uint32Array, length: number, value: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
