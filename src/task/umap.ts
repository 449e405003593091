import { deriveKey, seedKey, threefry, toUnit } from '../graph/random.ts';
import type { NearTable } from './nearestRows.ts';

/**
 * UMAP (McInnes, Healy and Melville, 2018, arXiv 1802.03426): a layout in the plane in which near rows stay near. Constants and
 * rules are those of umap-learn (umap/umap_.py, umap/layouts.py), from exact neighbours, and beginning with the
 * principal components, which keep more of the large picture than a random start (Kobak and Linderman, Nature Biotechnology 39,
 * 2021). Every random number comes of the seed, so a repetition gives the same picture.
 */
export interface UmapOptions {
  /** Distance, in the picture, that near rows may come to; 0 to below 1. */
  readonly minDist: number;
  readonly seed: number;
}

/** Of the progress that is told of a whole layout, the part that ends when the nearest rows are found. */
export const NEAR_SHARE = 0.3;

/** Negative samples for each step along an edge. */
const NEGATIVES = 5;
/** A coordinate moves by at most so much in one step. */
const CLIP = 4;

/**
 * Yields the share that is done, after each epoch; of them there are the fewer, 500 to 200, the more rows there are (as in PAIR-code/umap-js).
 *
 * @param near the nearest others of each row
 * @param start x and y of each row: its principal components
 */
export function* umap(
  near: NearTable,
  start: Float32Array,
  { minDist, seed }: UmapOptions,
): Generator<number, Float32Array> {
  const rows = start.length / 2;
  const epochs = Math.max(200, 500 - 100 * Math.max(0, Math.ceil(rows / 2500) - 1));
  const { heads, tails, every } = edgesOf(near, rows, epochs);
  const { a, b } = curveOf(minDist);
  const random = randomWords(seed);
  const at = scaled(start, random);
  const next = every.slice();
  const everyNegative = every.map((gap) => gap / NEGATIVES);
  const nextNegative = everyNegative.slice();
  const clip = (x: number) => Math.max(-CLIP, Math.min(CLIP, x));

  for (let epoch = 0; epoch < epochs; epoch++) {
    const alpha = 1 - epoch / epochs;
    for (let e = 0; e < every.length; e++) {
      if (next[e] > epoch) continue;
      const j = 2 * heads[e];
      const k = 2 * tails[e];
      const dx = at[j] - at[k];
      const dy = at[j + 1] - at[k + 1];
      const square = dx * dx + dy * dy;
      if (square > 0) {
        const power = a * square ** b;
        const pull = (-2 * b * power) / (square * (power + 1));
        const mx = alpha * clip(pull * dx);
        const my = alpha * clip(pull * dy);
        at[j] += mx;
        at[j + 1] += my;
        at[k] -= mx;
        at[k + 1] -= my;
      }
      next[e] += every[e];
      const negatives = Math.floor((epoch - nextNegative[e]) / everyNegative[e]);
      for (let n = 0; n < negatives; n++) {
        const other = 2 * Math.floor(toUnit(random()) * rows);
        if (other === j) continue;
        const ox = at[j] - at[other];
        const oy = at[j + 1] - at[other + 1];
        const far = ox * ox + oy * oy;
        const push = far > 0 ? (2 * b) / ((0.001 + far) * (a * far ** b + 1)) : 0;
        at[j] += alpha * (push > 0 ? clip(push * ox) : CLIP);
        at[j + 1] += alpha * (push > 0 ? clip(push * oy) : CLIP);
      }
      nextNegative[e] += negatives * everyNegative[e];
    }
    yield (epoch + 1) / epochs;
  }
  return new Float32Array(at);
}

/**
 * Bytes of all arrays that a layout makes, at the most: of each entry its strength and weight, of both directions of its edge the ends and
 * the four times; the places of the rows, in doubles as they begin and as they move, and in the end.
 */
export const umapBytes = (rows: number, near: number): number =>
  rows * near * (4 + 8 + 2 * (2 * 4 + 4 * 8)) + rows * 2 * (8 + 8 + 4);

/** Words of one stream, one after the other. */
function randomWords(seed: number): () => number {
  const key = deriveKey(seedKey(seed), 0x0a11, 0);
  const block = new Uint32Array(2);
  let drawn = 0;
  return () => {
    if (drawn % 2 === 0) threefry(key[0], key[1], drawn >>> 1, 0, block);
    return block[drawn++ % 2];
  };
}

/** As far as ±10, and moved by a trace of noise, so that equal rows can part. */
function scaled(start: Float32Array, random: () => number): Float64Array {
  const far = start.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return new Float64Array(start).map((x) => (far > 0 ? (10 * x) / far : 0) + 1e-4 * (toUnit(random()) - 0.5));
}

/** Both directions of every edge that is used at all, and after how many epochs each is used again. */
function edgesOf({ count, nodes, distances }: NearTable, rows: number, epochs: number) {
  const strengths = strengthsOf({ count, nodes, distances }, rows);
  const strengthOf = (from: number, to: number) => {
    for (let e = from * count; e < (from + 1) * count; e++) if (nodes[e] === to) return strengths[e];
    return 0;
  };
  // Of both directions of the edge that an entry stands for; 0 where another entry stands for it.
  const weights = new Float64Array(nodes.length);
  for (let from = 0; from < rows; from++) {
    for (let e = from * count; e < (from + 1) * count; e++) {
      const to = nodes[e];
      const [there, back] = [strengths[e], strengthOf(to, from)];
      // An edge that both ends know is taken once, from its lower one.
      if (back === 0 || to > from) weights[e] = there + back - there * back;
    }
  }
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  const isUsed = (weight: number) => weight > 0 && weight >= largest / epochs;
  const edges = 2 * weights.reduce((sum, weight) => sum + (isUsed(weight) ? 1 : 0), 0);
  const [heads, tails, every] = [new Uint32Array(edges), new Uint32Array(edges), new Float64Array(edges)];
  let at = 0;
  for (let e = 0; e < weights.length; e++) {
    if (!isUsed(weights[e])) continue;
    const [from, to] = [Math.floor(e / count), nodes[e]];
    heads.set([from, to], at);
    tails.set([to, from], at);
    every.fill(largest / weights[e], at, at + 2);
    at += 2;
  }
  return { heads, tails, every };
}

const MOST_HALVINGS = 64;
/** Of the mean distance, the least that a row's own scale may be. */
const LEAST_SCALE = 1e-3;

/**
 * How strongly each row is tied to each of its nearest, 0 to 1: exp(−(d − ρ) / σ), ρ the distance of the nearest one that is not at the
 * same place, and σ such that the strengths of a row add up to log2 of its neighbours (umap-learn counts the row itself among those).
 */
function strengthsOf({ count, nodes, distances }: NearTable, rows: number): Float32Array {
  const mean = (begin: number, end: number) => {
    let sum = 0;
    for (let e = begin; e < end; e++) sum += distances[e];
    return sum / Math.max(1, end - begin);
  };
  const everywhere = mean(0, distances.length);
  const wanted = Math.log2(count + 1);
  const strengths = new Float32Array(nodes.length);
  for (let row = 0; row < rows; row++) {
    const own = distances.subarray(row * count, (row + 1) * count);
    const rho = own.find((d) => d > 0) ?? 0;
    let [low, high, sigma] = [0, Infinity, 1];
    for (let i = 0; i < MOST_HALVINGS; i++) {
      let sum = 0;
      for (const d of own) sum += d > rho ? Math.exp(-(d - rho) / sigma) : 1;
      if (Math.abs(sum - wanted) < 1e-5) break;
      if (sum > wanted) high = sigma;
      else low = sigma;
      sigma = high === Infinity ? 2 * sigma : (low + high) / 2;
    }
    sigma = Math.max(sigma, LEAST_SCALE * (rho > 0 ? mean(row * count, (row + 1) * count) : everywhere));
    for (const [i, d] of own.entries()) strengths[row * count + i] = d > rho ? Math.exp(-(d - rho) / sigma) : 1;
  }
  return strengths;
}

/**
 * The a and b whose curve 1 / (1 + a·x^2b) is nearest, in squares, to 1 up to minDist and e^(minDist − x) from there: by damped
 * Gauss-Newton steps (Levenberg-Marquardt), at 300 places from 0 to 3.
 */
export function curveOf(minDist: number): { readonly a: number; readonly b: number } {
  const xs = Array.from({ length: 299 }, (_, i) => (3 * (i + 1)) / 299);
  const wanted = (x: number) => (x < minDist ? 1 : Math.exp(minDist - x));
  const lossOf = (a: number, b: number) =>
    xs.reduce((sum, x) => sum + (1 / (1 + a * x ** (2 * b)) - wanted(x)) ** 2, 0);
  let [a, b, damping] = [1, 1, 1e-3];
  for (let step = 0; step < 200 && damping < 1e9; step++) {
    let [aa, ab, bb, ga, gb] = [0, 0, 0, 0, 0];
    for (const x of xs) {
      const u = x ** (2 * b);
      const f = 1 / (1 + a * u);
      const [da, db] = [-u * f * f, -2 * a * u * Math.log(x) * f * f];
      const off = f - wanted(x);
      aa += da * da;
      ab += da * db;
      bb += db * db;
      ga += da * off;
      gb += db * off;
    }
    const [p, q] = [aa * (1 + damping), bb * (1 + damping)];
    const determinant = p * q - ab * ab;
    const [nextA, nextB] = [a - (q * ga - ab * gb) / determinant, b - (p * gb - ab * ga) / determinant];
    if (nextA > 0 && nextB > 0 && lossOf(nextA, nextB) < lossOf(a, b)) {
      [a, b, damping] = [nextA, nextB, damping / 10];
    } else damping *= 10;
  }
  return { a, b };
}
