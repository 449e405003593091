import { addNode } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, rowsAt, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { evaluate, sameSize, type Value } from '../value.ts';
import { checkTargets } from './binaryLoss.ts';

/**
 * Counts per split and class, on the device: true positives, predicted, actual. Accuracy and every F1 follow from them, so
 * one small read-back per epoch is enough. Integer atomics commute: the result does not depend on timing.
 */

/** Rows of the count table: (split - 1) · 3 + one of these. */
export const COUNT = { truePositive: 0, predicted: 1, actual: 2 } as const;

/**
 * @param counts persistent packed u32, 9 × classes; `scalars.first` = 1 clears it first
 * @param confusion the same, classes × classes: how often a test node of the class of the row was taken for that of the column
 */
export function countClasses(
  g: OpGraph,
  logits: Value,
  labels: Value,
  mask: Value,
  counts: Value,
  confusion: Value | null = null,
): void {
  if (counts.rows !== 9 || counts.cols !== logits.cols)
    throw new Error(`countClasses: ${counts.name} must be 9 × classes`);
  if (!sameSize(labels.rows, logits.rows) || !sameSize(mask.rows, logits.rows)) {
    throw new Error(`countClasses: ${labels.name} and ${mask.name} must have as many rows as ${logits.name}`);
  }
  if (confusion && (confusion.rows !== logits.cols || confusion.cols !== logits.cols)) {
    throw new Error(`countClasses: ${confusion.name} must be classes × classes`);
  }
  addNode(g, countClassesOp, [logits, labels, mask], [], null, confusion ? [counts, confusion] : [counts]);
}

export const countClassesOp: Op<null> = {
  name: 'countClasses',
  locality: 'reduce',
  lower({ inputs: [logits, labels, mask], updates: [counts, ...confusion] }, { panels, scratch, capacity }) {
    const nodes = evaluate(logits.rows, capacity);
    const best = scratch('largest logit', 'f32', nodes);
    const argument = scratch('predicted class', 'u32', nodes);
    const argMax: Dispatch[] = panels(logits).map((panel) => ({
      kernel: 'metrics.argMax',
      reads: { x: { value: logits, panel: panel.index } },
      writes: { outBest: best, outArgument: argument },
      at(step) {
        const rows = rowsAt(logits.rows, step);
        return {
          params: {
            rows,
            cols: panel.cols,
            width4: stride4(panel),
            first: panel.first,
            merge: panel.index > 0 ? 1 : 0,
          },
          threads: rows,
          work: rows * panel.cols * 3,
          flops: rows * (panel.cols - (panel.index > 0 ? 0 : 1)),
        };
      },
    }));
    const tables: Dispatch[] = [counts, ...confusion].flatMap((table, i): Dispatch[] => [
      clear(table),
      {
        kernel: i === 0 ? 'metrics.count' : 'metrics.confuse',
        reads: { argument, labels: whole(labels), mask: whole(mask) },
        writes: { counts: whole(table) },
        at(step) {
          const rows = rowsAt(logits.rows, step);
          return { params: { rows, cols: table.cols }, threads: rows, work: rows * 6, flops: 0 };
        },
      },
    ]);
    return [...argMax, ...tables];
  },
};

/** Begins a table anew where scalars.first = 1. */
function clear(table: Value): Dispatch {
  return {
    kernel: 'metrics.clear',
    reads: {},
    writes: { counts: whole(table) },
    at(step) {
      const words = step.scalars.first === 1 ? (table.rows as number) * table.cols : 0;
      return { params: { rows: words }, threads: words, work: words, flops: 0 };
    },
  };
}

/**
 * The same counts where a node has several labels or none: it is given each whose logit is over 0.
 * @param targets nodes × classes, 1 where the node has the label, else 0
 */
export function countLabels(g: OpGraph, logits: Value, targets: Value, mask: Value, counts: Value): void {
  if (counts.rows !== 9 || counts.cols !== logits.cols)
    throw new Error(`countLabels: ${counts.name} must be 9 × classes`);
  checkTargets('countLabels', logits, targets, mask);
  addNode(g, countLabelsOp, [logits, targets, mask], [], null, [counts]);
}

export const countLabelsOp: Op<null> = {
  name: 'countLabels',
  locality: 'reduce',
  lower({ inputs: [logits, targets, mask], updates: [counts] }, { panels }) {
    const count = panels(logits).map(
      (panel): Dispatch => ({
        kernel: 'metrics.countLabels',
        reads: {
          x: { value: logits, panel: panel.index },
          targets: { value: targets, panel: panel.index },
          mask: whole(mask),
        },
        writes: { counts: whole(counts) },
        at(step) {
          const rows = rowsAt(logits.rows, step);
          const width4 = stride4(panel);
          const params = { rows, width4, cols: panel.cols, first: panel.first, classes: counts.cols };
          return { params, threads: rows * width4, work: rows * width4 * 16, flops: rows * panel.cols };
        },
      }),
    );
    return [clear(counts), ...count];
  },
};
