import { describe, expect, test } from 'vitest';
import { classReport, confusionMatrix, judgedNodes } from './confusion.ts';

// Nodes 0 to 8; the last two are not judged: no label, and no prediction.
const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 2, -1, 0);
const predictions = Uint16Array.of(0, 0, 1, 2, 1, 0, 1, 0, 0xffff);
const split = Uint8Array.of(3, 3, 3, 3, 3, 3, 3, 3, 3);
const nodes = judgedNodes(labels, predictions, split, 3, 4);
const confusion = confusionMatrix(labels, predictions, nodes, 4);

test('only nodes of the part that have a label and a prediction are judged', () => {
  expect([...nodes]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect([...judgedNodes(labels, predictions, Uint8Array.of(1, 2, 3, 0, 3, 1, 2, 3, 3), 3, 4)]).toEqual([2, 4]);
});

test('rows are true classes, columns predicted ones', () => {
  expect([...confusion]).toEqual([2, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
});

describe('the report, by hand', () => {
  const report = classReport(confusion, 4);

  test('per class: precision by column, recall by row, NaN for nothing of nothing', () => {
    const [zero, one, two, three] = report.classes;
    expect(zero).toEqual({ precision: 2 / 3, recall: 2 / 4, f1: 4 / 7, support: 4, predicted: 3 });
    expect(one).toEqual({ precision: 1 / 3, recall: 1 / 2, f1: 2 / 5, support: 2, predicted: 3 });
    expect(two).toEqual({ precision: 0, recall: 0, f1: 0, support: 1, predicted: 1 });
    expect(three).toEqual({ precision: Number.NaN, recall: Number.NaN, f1: Number.NaN, support: 0, predicted: 0 });
  });

  test('together: macro over the three classes that there are, micro over the nodes', () => {
    expect([report.nodes, report.right]).toEqual([7, 3]);
    expect(report.accuracy).toBeCloseTo(3 / 7, 12);
    expect(report.microF1).toBeCloseTo(3 / 7, 12);
    expect(report.macroPrecision).toBeCloseTo((2 / 3 + 1 / 3 + 0) / 3, 12);
    expect(report.macroRecall).toBeCloseTo((1 / 2 + 1 / 2 + 0) / 3, 12);
    expect(report.macroF1).toBeCloseTo((4 / 7 + 2 / 5 + 0) / 3, 12);
    expect(report.weightedF1).toBeCloseTo((4 * (4 / 7) + 2 * (2 / 5)) / 7, 12);
  });

  test('a class that occurs and is never predicted counts as 0, one that is predicted and never occurs too', () => {
    // Class 0 twice, once taken for class 1; class 2 once, taken for class 0.
    const { classes, macroPrecision, macroRecall } = classReport(Uint32Array.of(1, 1, 0, 0, 0, 0, 1, 0, 0), 3);
    expect(classes[1]).toMatchObject({ precision: 0, recall: Number.NaN, support: 0, predicted: 1 });
    expect(classes[2]).toMatchObject({ precision: Number.NaN, recall: 0, support: 1, predicted: 0 });
    expect(macroPrecision).toBeCloseTo((1 / 2 + 0 + 0) / 3, 12);
    expect(macroRecall).toBeCloseTo((1 / 2 + 0 + 0) / 3, 12);
  });

  test('of no node everything is 0', () => {
    const empty = classReport(new Uint32Array(4), 2);
    expect(empty).toMatchObject({ accuracy: 0, macroF1: 0, macroPrecision: 0, macroRecall: 0, nodes: 0, right: 0 });
  });
});
