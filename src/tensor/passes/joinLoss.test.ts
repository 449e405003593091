import { expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { input, newGraph, state } from '../graph.ts';
import { maskedCrossEntropy } from '../ops/loss.ts';
import { DEFAULT_LIMITS, makePlan } from '../plan.ts';

/** Kernels of a loss over so many nodes and classes, and of its gradient, where that is asked for. */
function kernelsOf(classes: number, differentiate = true, fuse = true, limits = DEFAULT_LIMITS) {
  const g = newGraph();
  const logits = input(g, 'logits', 'features', 'f32', 100, classes, 'padded');
  const list = (name: string) => input(g, name, 'labels', 'u32', 100, 1);
  maskedCrossEntropy(g, logits, list('labels'), list('mask'), state(g, 'loss', 'results', 1, 4));
  const readable = differentiate ? [...gradients(g, [logits], new Map()).values()] : [];
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable }, limits, { fuse });
  const values = plan.placements.map(({ piece }) => piece.value.name);
  return { kernels: plan.routines.main.map(({ kernel }) => kernel), values };
}

const APART = ['loss.logSumExp', 'loss.crossEntropy', 'reduce.columnSum.whole', 'loss.crossEntropyGrad'];

test('a loss and its gradient are one dispatch, and the log-sum-exp takes no memory', () => {
  const { kernels, values } = kernelsOf(7);
  expect(kernels).toEqual(['loss.softmaxGrad', 'reduce.columnSum.whole']);
  expect(values.some((name) => name.startsWith('log-sum-exp'))).toBe(false);
  expect(kernelsOf(7, false).kernels).toEqual(['loss.softmax', 'reduce.columnSum.whole']);
});

test('without fusion, of many classes, and of logits in panels they stay apart', () => {
  expect(kernelsOf(7, true, false).kernels).toEqual(APART);
  expect(kernelsOf(65).kernels).toEqual(APART);
  const panels = kernelsOf(8, true, true, { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 1600 });
  expect(panels.kernels.filter((kernel) => kernel === 'loss.logSumExp')).toHaveLength(2);
  expect(panels.kernels.filter((kernel) => kernel === 'loss.crossEntropyGrad')).toHaveLength(2);
});
