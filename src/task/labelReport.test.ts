import { expect, test } from 'vitest';
import { decidedLabels, labelReport, whollyRight } from './labelReport.ts';

// Five nodes of three labels: {0}, {0, 1}, {}, {1}, {2}; told as {0}, {0}, {}, {0, 1}, {}.
const truth = { indptr: Uint32Array.of(0, 1, 3, 3, 4, 5), indices: Uint32Array.of(0, 0, 1, 1, 2) };
const logits = Float32Array.of(1, -1, -1, 2, -0.5, -1, -1, -1, 0, 0.1, 3, -1, -1, Number.NaN, -2);
const decided = decidedLabels(logits, 3);

test('a label is given where its logit is over 0, and at even odds or no number not', () => {
  expect(decided).toEqual({ indptr: Uint32Array.of(0, 1, 2, 2, 4, 4), indices: Uint32Array.of(0, 0, 0, 1) });
  expect([...whollyRight(truth, decided)]).toEqual([1, 0, 1, 0, 0]);
});

test('the report, by hand', () => {
  const { classes, ...report } = labelReport(truth, decided, Uint32Array.of(0, 1, 2, 3, 4), 3);
  expect(classes[0]).toEqual({ precision: 2 / 3, recall: 1, f1: 4 / 5, support: 2, predicted: 3 });
  expect(classes[1]).toEqual({ precision: 1, recall: 1 / 2, f1: 2 / 3, support: 2, predicted: 1 });
  expect(classes[2]).toMatchObject({ precision: Number.NaN, recall: 0, support: 1, predicted: 0 });
  expect(report).toMatchObject({ nodes: 5, right: 2, microPrecision: 3 / 4, microRecall: 3 / 5 });
  expect(report.microF1).toBeCloseTo((2 * 3) / (4 + 5), 12);
  expect(report.macroF1).toBeCloseTo((4 / 5 + 2 / 3 + 0) / 3, 12);
  expect(report.macroRecall).toBeCloseTo((1 + 1 / 2 + 0) / 3, 12);
});

test('of some nodes, and of none', () => {
  expect(labelReport(truth, decided, Uint32Array.of(3), 3)).toMatchObject({ nodes: 1, right: 0, microRecall: 1 });
  expect(labelReport(truth, decided, new Uint32Array(), 3)).toMatchObject({ nodes: 0, microF1: 0, microPrecision: 0 });
});
