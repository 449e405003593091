import { describe, expect, test } from 'vitest';
import { deriveKey, seedKey } from './random.ts';
import { type DesignName, designName, SAMPLING_DESIGNS } from './samplingDesign.ts';

const NAMES = Object.keys(SAMPLING_DESIGNS) as DesignName[];
const DRAWS = 1500;

/** Weights of a row's entries; null: all 1. */
const ROWS: Readonly<Record<string, Float32Array | null>> = {
  'no weights': null,
  'equal weights': Float32Array.of(2, 2, 2, 2, 2, 2, 2),
  'weights of 0 among others': Float32Array.of(0, 3, 1, 0, 2, 5, 1, 0),
  'very unequal weights': Float32Array.of(1000, 1, 1, 2, 1e-3, 50, 2, 0.5, 40),
  'a long tail': Float32Array.from({ length: 30 }, (_, i) => 100 / (1 + ((7 * i) % 30)) ** 1.5),
  'one weight': Float32Array.of(0, 0, 4, 0),
  'weights of 0 alone': new Float32Array(5),
};
const degreeOf = (weights: Float32Array | null) => weights?.length ?? 9;

/** Position → importance, of one sample. `begin`: the row does not begin where the weights do. */
function draw(name: DesignName, weights: Float32Array | null, k: number, seed: number, node = 5) {
  const degree = degreeOf(weights);
  const all = weights && Float32Array.of(9, 9, ...weights, 9);
  const out = { positions: new Uint32Array(degree), importance: new Float32Array(degree) };
  const size = SAMPLING_DESIGNS[name].draw(degree, k, all, 2, deriveKey(seedKey(seed), 1, 2), node, out);
  return new Map(Array.from(out.positions.subarray(0, size), (position, i) => [position, out.importance[i]]));
}

/** The share of each entry in one draw. */
function shares(name: DesignName, weights: Float32Array | null): number[] {
  const sizes = name.startsWith('weight') && weights ? [...weights] : Array(degreeOf(weights)).fill(1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => (total > 0 ? size / total : 0));
}

/** Probabilities of a sample of k without replacement: by descending size, certain as long as its part of the rest is over 1. */
function inclusion(share: readonly number[], k: number): number[] {
  const order = [...share.keys()].sort((a, b) => share[b] - share[a]);
  const result: number[] = [];
  let [left, rest] = [k, order.map((i) => share[i])];
  for (const i of order) {
    const sum = rest.reduceRight((total, size) => total + size, 0);
    const certain = share[i] > 0 && left * share[i] >= sum * (1 - 1e-12);
    result[i] = certain ? 1 : sum > 0 ? (left * share[i]) / sum : 0;
    if (!certain) {
      for (const j of order.slice(order.indexOf(i))) result[j] = sum > 0 ? (left * share[j]) / sum : 0;
      break;
    }
    left--;
    rest = rest.slice(1);
  }
  return result;
}

const CASES = NAMES.flatMap((name) => Object.entries(ROWS).map(([row, weights]) => [name, row, weights] as const));
const counts = (weights: Float32Array | null) => Array.from({ length: degreeOf(weights) - 1 }, (_, i) => i + 1);

describe.each(CASES.filter(([name]) => !name.endsWith('Replaced')))('%s, %s', (name, _row, weights) => {
  test.each(counts(weights))('%i of the entries, each as often as theory says, with the inverse as importance', (k) => {
    const theory = inclusion(shares(name, weights), k);
    const positive = theory.filter((p) => p > 0).length;
    const seen = new Float64Array(theory.length);
    let largest = 0;
    for (let seed = 0; seed < DRAWS; seed++) {
      const sample = draw(name, weights, k, seed);
      if (sample.size !== Math.min(k, positive)) throw new Error(`${sample.size} of ${k}`);
      for (const [position, importance] of sample) {
        seen[position]++;
        largest = Math.max(largest, Math.abs(importance * theory[position] - 1));
      }
    }
    expect(largest).toBeLessThan(1e-6);
    // Chi-squared with one degree of freedom for each entry: draws with different keys are independent.
    for (const [i, p] of theory.entries()) {
      if (p > 1 - 1e-12 || p === 0) expect(seen[i]).toBe(DRAWS * Math.round(p));
      else expect((seen[i] - DRAWS * p) ** 2).toBeLessThan(25 * DRAWS * p * (1 - p) + 1);
    }
  });
});

describe.each(CASES.filter(([name]) => name.endsWith('Replaced')))('%s, %s', (name, _row, weights) => {
  test.each([1, 2, 5, 40])('%i draws are multinomial, and an entry that is drawn twice counts twice', (k) => {
    const theory = shares(name, weights);
    const seen = new Float64Array(theory.length);
    let largest = 0;
    for (let seed = 0; seed < DRAWS; seed++) {
      let drawn = 0;
      for (const [position, importance] of draw(name, weights, k, seed)) {
        const times = Math.round(importance * k * theory[position]);
        largest = Math.max(largest, Math.abs(importance * k * theory[position] - times));
        seen[position] += times;
        drawn += times;
      }
      if (drawn !== (theory.some((p) => p > 0) ? k : 0)) throw new Error(`${drawn} of ${k}`);
    }
    expect(largest).toBeLessThan(1e-4);
    const all = DRAWS * k;
    let [statistic, freedom] = [0, -1];
    for (const [i, p] of theory.entries()) {
      if (p === 0) expect(seen[i]).toBe(0);
      else {
        statistic += (seen[i] - all * p) ** 2 / (all * p);
        freedom++;
      }
    }
    if (freedom > 0) expect(statistic).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });
});

describe('systematic samples', () => {
  test.each([1, 2, 3, 5])(
    'of %i: each is as frequent as the part of the line on which its first point can lie',
    (k) => {
      const weights = Float32Array.of(3, 1, 4, 1, 5, 9, 2, 6);
      // Where the first point passes from one entry's stretch to the next, seen from each of the k points.
      const p = inclusion(shares('weight', weights), k);
      const open = [...p.keys()].filter((i) => p[i] < 1);
      const ends = open.map((_, j) => open.slice(0, j + 1).reduce((sum, i) => sum + p[i], 0));
      const cuts = [...new Set([0, 1, ...ends.map((end) => end % 1)].map((x) => Number(x.toFixed(9))))].sort(
        (a, b) => a - b,
      );
      const expected = new Map<string, number>();
      for (let c = 1; c < cuts.length; c++) {
        const start = (cuts[c - 1] + cuts[c]) / 2;
        const taken = open.filter((_, j) => Math.floor(ends[j] - start) > Math.floor((ends[j - 1] ?? 0) - start));
        const sample = [...taken, ...[...p.keys()].filter((i) => p[i] === 1)].sort((a, b) => a - b).join();
        expected.set(sample, (expected.get(sample) ?? 0) + cuts[c] - cuts[c - 1]);
      }
      const seen = new Map<string, number>();
      for (let seed = 0; seed < DRAWS; seed++) {
        const sample = [...draw('weight', weights, k, seed).keys()].join();
        seen.set(sample, (seen.get(sample) ?? 0) + 1);
      }
      expect([...seen.keys()].filter((sample) => !expected.has(sample))).toEqual([]);
      let statistic = 0;
      for (const [sample, p] of expected) statistic += ((seen.get(sample) ?? 0) - DRAWS * p) ** 2 / (DRAWS * p);
      expect(expected.size).toBeGreaterThan(3);
      expect(statistic).toBeLessThan(expected.size - 1 + 5 * Math.sqrt(2 * (expected.size - 1)));
    },
  );

  test('take every neighbour of positive weight, with importance 1, where there are no more than are drawn', () => {
    const weights = Float32Array.of(0, 1e-30, 5, 0, 1e30);
    for (const k of [3, 4]) expect(draw('weight', weights, k, k)).toEqual(new Map([1, 2, 4].map((i) => [i, 1])));
  });
});

test.each(CASES)('%s, %s: a sum weighted by importance has the sum of the row as its mean', (name, _row, weights) => {
  const share = shares(name, weights);
  const x = share.map((_, i) => (weights?.[i] ?? 1) * (1 + ((3 * i) % 5)));
  const exact = x.reduce((sum, value) => sum + value, 0);
  for (const k of [1, 3, degreeOf(weights) - 1]) {
    const sums = Array.from({ length: DRAWS }, (_, seed) =>
      [...draw(name, weights, k, seed)].reduce((sum, [i, importance]) => sum + importance * x[i], 0),
    );
    const mean = sums.reduce((sum, value) => sum + value, 0) / DRAWS;
    const variance = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
    expect(Math.abs(mean - exact)).toBeLessThan(5 * Math.sqrt(variance / DRAWS) + 1e-6 * exact + 1e-12);
  }
});

test.each(NAMES)('%s: a sample depends on key and node, and positions ascend', (name) => {
  const weights = ROWS['a long tail'];
  const at = (seed: number, node: number) => [...draw(name, weights, 9, seed, node)];
  expect(at(1, 2)).toEqual(at(1, 2));
  expect(at(1, 2)).not.toEqual(at(2, 2));
  expect(at(1, 2)).not.toEqual(at(1, 3));
  const positions = at(1, 2).map(([position]) => position);
  expect(positions).toEqual([...positions].sort((a, b) => a - b));
});

test('without weights, weight draws what uniform does', () => {
  for (const replace of [false, true]) {
    expect(draw(designName('weight', replace), null, 4, 1)).toEqual(draw(designName('uniform', replace), null, 4, 1));
  }
});
