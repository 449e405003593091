import { addNode, input, state } from '../../tensor/graph.ts';
import { maskedBinaryCrossEntropy } from '../../tensor/ops/binaryLoss.ts';
import { lossSumOp, maskedCrossEntropy, UNLABELLED } from '../../tensor/ops/loss.ts';
import { lossScaleState, scaleLoss } from '../../tensor/ops/lossScale.ts';
import { countClasses, countLabels } from '../../tensor/ops/metrics.ts';
import { accumulate, type Decay, optimize, type RuleName } from '../../tensor/ops/optimizer.ts';
import type { Value } from '../../tensor/value.ts';
import { MANY_ROWS } from './denseCases.ts';
import { type Data, dense, type OpCase } from './opCase.ts';

/** Loss, counts and optimisers, over one run and over several. */

const ROWS = 203;

/** Labels and splits of ROWS nodes: some unlabelled, some in no split. */
export function targets(classes: number): { labels: Uint32Array; mask: Uint32Array } {
  const mask = Uint32Array.from({ length: ROWS }, (_, i) => (i * 5) % 4);
  const labels = Uint32Array.from({ length: ROWS }, (_, i) => (mask[i] === 0 ? UNLABELLED : (i * 13) % classes));
  return { labels, mask };
}

/** A weight for each class, none of them 1. */
export function someWeights(classes: number): Float32Array {
  return Float32Array.from({ length: classes }, (_, c) => 0.3 + ((c * 5) % 7) / 3);
}

/** Logits as a model gives them, or steps of 50 up to ±200: many ties, and exp overflows in single precision. */
type Logits = 'smooth' | 'steep';

const SHAPES: Record<Logits, (x: number) => number> = { smooth: (x) => 8 * x, steep: (x) => 50 * Math.round(4 * x) };

/**
 * @param runs more than one: sums and counts go on, and begin anew where scalars.first is 1. What they are after several runs
 *   is no longer what the gradient of the last run belongs to, so nothing is differentiated.
 */
function lossCase(classes: number, kind: Logits = 'smooth', runs?: OpCase['runs'], weighted = false): OpCase {
  return {
    name: `masked cross-entropy and counts, ${classes} classes, ${kind}${weighted ? ', weighted' : ''}${runs ? `, ${runs.length} runs` : ''}`,
    sizes: {},
    runs,
    build(g) {
      const x = dense(g, 'logits', ROWS, classes);
      x[1].forEach((value, i) => {
        x[1][i] = SHAPES[kind](value);
      });
      const { labels, mask } = targets(classes);
      const label: Data = [input(g, 'labels', 'labels', 'u32', ROWS, 1), labels];
      const split: Data = [input(g, 'split', 'labels', 'u32', ROWS, 1), mask];
      const total = state(g, 'loss', 'results', 1, 4);
      const counts = input(g, 'counts', 'results', 'u32', 9, classes);
      const weights: Data[] = weighted
        ? [[input(g, 'weights', 'labels', 'f32', 1, classes), someWeights(classes)]]
        : [];
      maskedCrossEntropy(g, x[0], label[0], split[0], total, weights[0]?.[0]);
      const confusion = input(g, 'confusion', 'results', 'u32', classes, classes);
      countClasses(g, x[0], label[0], split[0], counts, confusion);
      return { inputs: [x, label, split, ...weights], outputs: [total, counts, confusion], moving: runs ? [] : [x[0]] };
    },
  };
}

/** With fusion: one dispatch, or two where nobody asks for a gradient. */
const joined = (c: OpCase): OpCase => ({ ...c, name: `${c.name}, joined`, fused: true });

/** Losses of so many nodes that they are summed in two dispatches; two steps, so that sums go on. */
function lossSumCase(): OpCase {
  return {
    name: 'masked losses, many rows',
    sizes: {},
    runs: [{ first: 1 }, { first: 0 }],
    build(g) {
      const rows = dense(g, 'loss of each node', MANY_ROWS, 4);
      const total = state(g, 'loss', 'results', 1, 4);
      addNode(g, lossSumOp, [rows[0]], [], null, [total]);
      return { inputs: [rows], outputs: [total] };
    },
  };
}

/** Nodes with several labels or none. */
function labelsCase(classes: number, kind: Logits = 'smooth', runs?: OpCase['runs']): OpCase {
  return {
    name: `masked binary cross-entropy and counts, ${classes} classes, ${kind}${runs ? `, ${runs.length} runs` : ''}`,
    sizes: {},
    runs,
    build(g) {
      const x = dense(g, 'logits', ROWS, classes);
      x[1].forEach((value, i) => {
        x[1][i] = SHAPES[kind](value);
      });
      const { mask } = targets(classes);
      const label: Data = [
        input(g, 'targets', 'labels', 'f32', ROWS, classes, 'padded'),
        Float32Array.from({ length: ROWS * classes }, (_, i) => ((i * 7) % 5 < 2 ? 1 : 0)),
      ];
      const split: Data = [input(g, 'split', 'labels', 'u32', ROWS, 1), mask];
      const total = state(g, 'loss', 'results', 1, 4);
      const counts = input(g, 'counts', 'results', 'u32', 9, classes);
      maskedBinaryCrossEntropy(g, x[0], label[0], split[0], total);
      countLabels(g, x[0], label[0], split[0], counts);
      return { inputs: [x, label, split], outputs: [total, counts], moving: runs ? [] : [x[0]] };
    },
  };
}

/**
 * Four steps, so that moments, count and learning rate are not those of a first one. The gradient is W.grad times 1, 2, 1, 2:
 * with a norm of about 21, every second one is clipped to scalars.clip = 30.
 */
const STEPS: OpCase['runs'] = [
  { step: 1, firstPart: 1 },
  { step: 2, firstPart: 0, lr: 0.02 },
  { step: 3, firstPart: 1, momentum: 0.5 },
  { step: 4, firstPart: 0, weightDecay: 0.2, weightDecayLinear: 0.3 },
];

function optimizerCase(rule: RuleName, clip: boolean, scaled: 'no' | 'scaled' | 'overflown' = 'no'): OpCase {
  return {
    name: `${TITLES[rule]}${clip ? ', clipped' : ''}${scaled === 'no' ? '' : `, ${scaled}`}`,
    sizes: {},
    runs: STEPS,
    build(g) {
      const [w, b, c] = [dense(g, 'W', 37, 33), dense(g, 'b', 1, 33), dense(g, 'c', 3, 2)];
      const [gw, gb, gc] = [dense(g, 'W.grad', 37, 33), dense(g, 'b.grad', 1, 33), dense(g, 'c.grad', 3, 2)];
      const lossScale = scaled === 'no' ? null : lossScaleState(g);
      // In a place that no invocation looks at first.
      if (scaled === 'overflown') gb[1][29] = Number.NEGATIVE_INFINITY;
      const total = state(g, 'W.grad total', 'optimizer', 37, 33);
      accumulate(g, total, gw[0]);
      const update = new Map([
        [w[0], total],
        [b[0], gb[0]],
        [c[0], gc[0]],
      ]);
      const decays = new Map<Value, Decay>([
        [w[0], 'weightDecay'],
        [c[0], 'weightDecayLinear'],
      ]);
      optimize(g, update, { rule, decayOf: (value) => decays.get(value) ?? null, clip, lossScale });
      const states = g.values.filter(({ purpose }) => purpose === 'optimizer');
      // The scale is 1, so that the norm is the one that clips.
      const scale: Data[] = lossScale ? [[lossScale, Float32Array.of(0, 0, -16, 0)]] : [];
      return { inputs: [w, b, c, gw, gb, gc, ...scale], outputs: [w[0], b[0], c[0], ...states] };
    },
  };
}

/** A scale that an earlier step has lowered. */
function scaledLossCase(): OpCase {
  return {
    name: 'scaled gradient of a loss',
    sizes: {},
    build(g) {
      const x = dense(g, 'x', ROWS, 7);
      const lossScale = lossScaleState(g);
      return { inputs: [x, [lossScale, Float32Array.of(0, 0, -3, 0)]], outputs: [scaleLoss(g, x[0], lossScale)] };
    },
  };
}

const TITLES: Readonly<Record<RuleName, string>> = { adam: 'Adam', adamw: 'AdamW', sgd: 'SGD' };

export function learningCases(): OpCase[] {
  return [
    ...[1, 2, 7, 42, 257].map((classes) => lossCase(classes)),
    ...[7, 257].map((classes) => lossCase(classes, 'steep')),
    ...[7, 257].map((classes) => lossCase(classes, 'smooth', undefined, true)),
    ...[1, 2, 7, 42, 257].map((classes) => joined(lossCase(classes))),
    joined(lossCase(7, 'steep')),
    joined(lossCase(7, 'smooth', undefined, true)),
    ...[false, true].map((weighted) => joined(lossCase(7, 'smooth', [{ first: 1 }, { first: 0 }], weighted))),
    lossCase(42, 'smooth', [{ first: 1 }, { first: 0 }, { first: 1 }, { first: 0 }, { first: 0 }]),
    lossSumCase(),
    ...[1, 7, 42, 257].map((classes) => labelsCase(classes)),
    ...[7, 257].map((classes) => labelsCase(classes, 'steep')),
    labelsCase(42, 'smooth', [{ first: 1 }, { first: 0 }, { first: 1 }]),
    ...(['adam', 'adamw', 'sgd'] as const).flatMap((rule) => [
      optimizerCase(rule, false),
      optimizerCase(rule, true),
      optimizerCase(rule, true, 'scaled'),
      optimizerCase(rule, rule === 'adamw', 'overflown'),
    ]),
    optimizerCase('adam', false, 'scaled'),
    scaledLossCase(),
  ];
}
