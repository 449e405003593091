import { describe, expect, test } from 'vitest';
import { uniformBelow } from '../graph/draw.ts';
import { seedKey } from '../graph/random.ts';
import { UNLABELLED } from '../tensor/ops/loss.ts';
import { deviceLabels } from './deviceLabels.ts';
import { metricOf, rocAuc, scores, sigmoids, softmaxRows } from './metrics.ts';

/** The device's table for one split, from labels and predictions. */
function tableOf(labels: number[], predicted: number[], classes: number, split: number): Uint32Array {
  const counts = new Uint32Array(9 * classes);
  labels.forEach((label, i) => {
    if (label === predicted[i]) counts[split * 3 * classes + label]++;
    counts[(split * 3 + 1) * classes + predicted[i]]++;
    counts[(split * 3 + 2) * classes + label]++;
  });
  return counts;
}

describe('scores', () => {
  test('the example of scikit-learn’s f1_score', () => {
    // https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html: macro and weighted are 0.26…
    const table = tableOf([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1], 3, 0);
    const { accuracy, macroF1, weightedF1 } = scores(table, 3, 0);
    expect(accuracy).toBeCloseTo(2 / 6, 12);
    expect(macroF1).toBeCloseTo(0.8 / 3, 12);
    expect(weightedF1).toBeCloseTo(0.8 / 3, 12);
  });

  test('uneven classes, by hand: macro counts classes, weighted counts nodes', () => {
    // Class 0: TP 3, predicted 4, actual 5; class 1: TP 1, predicted 3, actual 2; class 2: TP 1, predicted 1, actual 1.
    const table = tableOf([0, 0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 1, 0, 2], 3, 1);
    const [f0, f1, f2] = [(2 * 3) / 9, (2 * 1) / 5, 1];
    const { accuracy, macroF1, weightedF1 } = scores(table, 3, 1);
    expect(accuracy).toBeCloseTo(5 / 8, 12);
    expect(macroF1).toBeCloseTo((f0 + f1 + f2) / 3, 12);
    expect(weightedF1).toBeCloseTo((5 * f0 + 2 * f1 + f2) / 8, 12);
  });

  test('a class that is predicted but never occurs counts as 0 in the mean, one that does neither does not count', () => {
    const table = tableOf([0, 0, 1], [0, 2, 1], 5, 2);
    const { macroF1, weightedF1 } = scores(table, 5, 2);
    expect(macroF1).toBeCloseTo((2 / 3 + 1 + 0) / 3, 12);
    expect(weightedF1).toBeCloseTo((2 * (2 / 3) + 1) / 3, 12);
  });

  test('the splits do not touch each other, and an empty one scores 0', () => {
    const table = tableOf([0, 1], [0, 1], 2, 1);
    expect(scores(table, 2, 0)).toEqual({ accuracy: 0, microF1: 0, macroF1: 0, weightedF1: 0 });
    expect(scores(table, 2, 1)).toEqual({ accuracy: 1, microF1: 1, macroF1: 1, weightedF1: 1 });
    expect(scores(table, 2, 2)).toEqual({ accuracy: 0, microF1: 0, macroF1: 0, weightedF1: 0 });
  });
});

describe('scores of several labels per node', () => {
  // By class: TP 2, predicted 3, actual 2; TP 1, predicted 1, actual 4; and one that is neither there nor predicted.
  const table = Uint32Array.of(2, 1, 0, 3, 1, 0, 2, 4, 0, ...new Array(18).fill(0));

  test('count decisions, and the micro-F1 stands for the accuracy', () => {
    const { accuracy, microF1, macroF1, weightedF1 } = scores(table, 3, 0, true);
    expect(microF1).toBeCloseTo((2 * 3) / (4 + 6), 12);
    expect(accuracy).toBe(microF1);
    expect(macroF1).toBeCloseTo((4 / 5 + 2 / 5 + 0) / 3, 12);
    expect(weightedF1).toBeCloseTo((2 * (4 / 5) + 4 * (2 / 5)) / 6, 12);
  });

  test('by that name', () => {
    expect(metricOf('accuracy', true)).toBe('microF1');
    expect(metricOf('accuracy', false)).toBe('accuracy');
    expect(metricOf('rocAuc', true)).toBe('rocAuc');
  });
});

describe('rocAuc', () => {
  test.each([
    ['perfect', [0.1, 0.4, 0.6, 0.9], [false, false, true, true], 1],
    ['reversed', [0.9, 0.6, 0.4, 0.1], [false, false, true, true], 0],
    ['scikit-learn’s example', [0.1, 0.4, 0.35, 0.8], [false, false, true, true], 0.75],
    ['all equal', [2, 2, 2], [false, true, false], 0.5],
    ['a tie across the classes counts half', [1, 1, 2], [false, true, true], 0.75],
  ])('%s', (_, score, positive, expected) => {
    expect(rocAuc(score, positive)).toBeCloseTo(expected, 12);
  });

  test('is the share of rightly ordered pairs, ties half', () => {
    const key = seedKey(5);
    for (let round = 0; round < 20; round++) {
      // Few different scores, so that most are tied.
      const score = Array.from({ length: 60 }, (_, i) => uniformBelow(2 + round, key, round, i) / 7);
      const positive = score.map((x, i) => uniformBelow(10, key, 1000 + round, i) < 3 + x);
      let [right, pairs] = [0, 0];
      score.forEach((a, i) => {
        score.forEach((b, j) => {
          if (!positive[i] || positive[j]) return;
          pairs++;
          right += a > b ? 1 : a === b ? 0.5 : 0;
        });
      });
      expect(rocAuc(score, positive)).toBeCloseTo(right / pairs, 12);
    }
  });

  test('is null where a class is missing', () => {
    expect(rocAuc([1, 2], [true, true])).toBeNull();
    expect(rocAuc([1, Number.NaN, 2], [true, false, true])).toBeNull();
    expect(rocAuc([1, 2], [false, false])).toBeNull();
    expect(rocAuc([], [])).toBeNull();
  });
});

describe('softmaxRows', () => {
  test('turns logits into probabilities in place, also where exp would overflow', () => {
    const logits = Float32Array.of(0, Math.log(3), 1000, 1000, -1000, 0);
    const probabilities = softmaxRows(logits, 2);
    expect(probabilities).toBe(logits);
    [0.25, 0.75, 0.5, 0.5, 0, 1].forEach((expected, i) => {
      expect(probabilities[i]).toBeCloseTo(expected, 6);
    });
  });
});

test('sigmoids are probabilities of single decisions, also where exp would overflow', () => {
  const probabilities = sigmoids(Float32Array.of(0, Math.log(3), -1000, 1000));
  [0.5, 0.75, 0, 1].forEach((expected, i) => {
    expect(probabilities[i]).toBeCloseTo(expected, 6);
  });
});

test('deviceLabels marks each of several classes', () => {
  const sets = { indptr: Uint32Array.of(0, 2, 2, 3), indices: Uint32Array.of(0, 2, 1) };
  expect([...deviceLabels({ kind: 'sparse', rows: 3, cols: 3, ...sets, values: null })]).toEqual([
    ...[1, 0, 1, 0, 0, 0, 0, 1, 0],
  ]);
});

test('deviceLabels marks the unlabelled', () => {
  expect([...deviceLabels(Int32Array.of(2, -1, 0))]).toEqual([2, UNLABELLED, 0]);
});
