import { sampleBelow, uniformBelow } from './draw.ts';
import { type Key, threefry } from './random.ts';

/**
 * How the neighbours of one node are drawn. Each design knows the probability, or the expected number of times, that it
 * takes each neighbour, and gives the inverse as importance: a sum over the sample, weighted by it, has the row's sum as its
 * expectation (Horvitz and Thompson 1952 without replacement, Hansen and Hurwitz 1943 with it). What a row gives depends on
 * its entries, the key and the node alone.
 */
export interface SamplingDesign {
  /** Whether a row of no more entries than are drawn is taken as it is. */
  readonly exhausts: boolean;
  readonly draw: DrawRow;
}

export type DesignName = 'uniform' | 'uniformReplaced' | 'weight' | 'weightReplaced';

/**
 * Draws from a row of `degree` entries: `k` of them, where the design exhausts fewer than there are, or `k` times.
 * `weights[begin + i]` is the weight of entry i, finite and not negative; null where all are 1. Writes different positions,
 * ascending, and their importance; returns how many.
 */
type DrawRow = (
  degree: number,
  k: number,
  weights: Float32Array | null,
  begin: number,
  key: Key,
  node: number,
  out: Draws,
) => number;

/** Room for what the largest row can give. */
export interface Draws {
  readonly positions: Uint32Array;
  readonly importance: Float32Array;
}

/** The design of `sampling.bias` and `sampling.replace`. */
export function designName(bias: 'uniform' | 'weight', replace: boolean): DesignName {
  return replace ? `${bias}Replaced` : bias;
}

/** Each neighbour with probability k / degree. */
const uniform: DrawRow = (degree, k, _weights, _begin, key, node, { positions, importance }) => {
  sampleBelow(degree, k, key, node, positions);
  const stands = degree / k;
  for (let i = 0; i < k; i++) importance[i] = stands;
  return k;
};

/** Each of k draws takes any neighbour with probability 1 / degree. */
const uniformReplaced: DrawRow = (degree, k, _weights, _begin, key, node, out) => {
  const drawn = new Uint32Array(k);
  for (let i = 0; i < k; i++) drawn[i] = uniformBelow(degree, key, node, i);
  drawn.sort();
  let size = 0;
  for (let i = 0, next = 0; i < k; i = next) {
    while (next < k && drawn[next] === drawn[i]) next++;
    out.positions[size] = drawn[i];
    out.importance[size++] = ((next - i) * degree) / k;
  }
  return size;
};

/**
 * Systematic sampling with probability proportional to size (Madow, "On the theory of systematic sampling, II", Annals of
 * Mathematical Statistics 20, 1949; Tillé, "Sampling algorithms", Springer 2006): the weights lie end to end on a line, and
 * points at equal distances, the first of them random, take the neighbours on which they fall. A sample has exactly k
 * neighbours, each with probability k w / (sum of w); where that would be over 1, a neighbour is certain, and the others
 * share what is left of k. They lie in the order of the row, so those with near ids are rarely taken together: that changes
 * no probability. An edge of weight 0 is never drawn.
 */
const weight: DrawRow = (degree, k, weights, begin, key, node, out) => {
  if (!weights) return uniform(degree, k, weights, begin, key, node, out);
  const { certain, rest, drawn } = certainty(degree, k, weights, begin);
  const { positions, importance } = out;
  threefry(key[0], key[1], node, 0, words);
  // 32 bits, so that adding a whole number to it is exact.
  const start = words[0] * 2 ** -32;
  const step = rest / drawn;
  let [size, points, passed] = [0, 0, 0];
  for (let i = 0; i < degree; i++) {
    const own = weights[begin + i];
    const sure = own >= certain;
    if (!sure) passed += own;
    // The sum is made in the order in which `rest` was, so the last point is passed too.
    if (!sure && (points === drawn || passed <= (start + points) * step)) continue;
    if (!sure) points++;
    positions[size] = i;
    importance[size++] = sure ? 1 : step / own;
  }
  return size;
};

/**
 * What weighs `certain` or more is taken for sure; `drawn` of the others, which weigh `rest` together, are to be drawn. A
 * share of more than 1 raises the shares of the others, so the larger ones among them may become certain in turn.
 */
function certainty(degree: number, k: number, weights: Float32Array, begin: number) {
  let positive = 0;
  for (let e = begin; e < begin + degree; e++) if (weights[e] > 0) positive++;
  if (positive <= k) return { certain: Number.MIN_VALUE, rest: 0, drawn: 0 };
  let [certain, rest, drawn] = [Infinity, 0, -1];
  for (;;) {
    let [sum, above] = [0, 0];
    for (let e = begin; e < begin + degree; e++) {
      if (weights[e] >= certain) above++;
      else sum += weights[e];
    }
    const same = k - above === drawn;
    [rest, drawn] = [sum, k - above];
    if (same || drawn === 0) return { certain, rest, drawn };
    certain = rest / drawn;
  }
}

/** Each of k draws takes a neighbour with probability w / (sum of w): the draws are sorted and meet the sums of the weights. */
const weightReplaced: DrawRow = (degree, k, weights, begin, key, node, out) => {
  if (!weights) return uniformReplaced(degree, k, weights, begin, key, node, out);
  let total = 0;
  for (let e = begin; e < begin + degree; e++) total += weights[e];
  const points = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    threefry(key[0], key[1], node, i, words);
    // 52 bits: its product with the total is rounded to less than the total.
    points[i] = (words[0] * 2 ** 20 + (words[1] >>> 12)) * 2 ** -52 * total;
  }
  points.sort();
  let [size, next, passed] = [0, 0, 0];
  for (let i = 0; i < degree && next < k; i++) {
    passed += weights[begin + i];
    const before = next;
    while (next < k && points[next] < passed) next++;
    if (next === before) continue;
    out.positions[size] = i;
    out.importance[size++] = ((next - before) * total) / (k * weights[begin + i]);
  }
  return size;
};

const words = new Uint32Array(2);

export const SAMPLING_DESIGNS: Readonly<Record<DesignName, SamplingDesign>> = {
  uniform: { exhausts: true, draw: uniform },
  uniformReplaced: { exhausts: false, draw: uniformReplaced },
  weight: { exhausts: true, draw: weight },
  weightReplaced: { exhausts: false, draw: weightReplaced },
};
