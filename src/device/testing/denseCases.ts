import type { OpGraph } from '../../tensor/op.ts';
import { type Activation, activate, prelu } from '../../tensor/ops/activation.ts';
import { batchNorm } from '../../tensor/ops/batchNorm.ts';
import { concatColumns, meanHeads } from '../../tensor/ops/columns.ts';
import { combine, scale, scaledSum } from '../../tensor/ops/combine.ts';
import { layerNorm } from '../../tensor/ops/layerNorm.ts';
import { maxOf } from '../../tensor/ops/maximum.ts';
import { firstRows } from '../../tensor/ops/rows.ts';
import type { Value } from '../../tensor/value.ts';
import { type Data, dense, type OpCase } from './opCase.ts';

/** The dense ops between aggregations, each at one width. */

const ROWS = 131;
/** In more chunks than a workgroup has invocations: sums over them take two dispatches. */
export const MANY_ROWS = 4200;

export const ACTIVATIONS: readonly Activation[] = ['relu', 'elu', 'leakyRelu', 'gelu'];

type Stretch = (value: number, i: number) => number;

function matrices(g: OpGraph, shapes: Shapes, stretch: Stretch = (value) => value): Data[] {
  return Object.entries(shapes).map(([label, [rows, cols]], i): Data => {
    const [value, array] = dense(g, label, rows, cols);
    return [value, i === 0 ? array.map(stretch) : array];
  });
}

/**
 * An op with one output of matrices of these shapes, differentiated by all of them.
 * @param stretch changes the numbers of the first matrix
 */
function caseOf(
  name: string,
  shapes: Shapes,
  use: (g: OpGraph, ...values: Value[]) => Value,
  stretch?: Stretch,
): OpCase {
  return {
    name,
    sizes: {},
    build(g) {
      const inputs = matrices(g, shapes, stretch);
      const values = inputs.map(([value]) => value);
      return { inputs, outputs: [use(g, ...values)], moving: values };
    },
  };
}
type Shapes = Readonly<Record<string, readonly [rows: number, cols: number]>>;

/** What saturates far from 0, and what cancels next to it. */
const uneven = (value: number, i: number) => [6, 1, 1e-3][i % 3] * value;

export function activationCases(width: number): OpCase[] {
  const x = [ROWS, width] as const;
  return [
    ...ACTIVATIONS.map((kind) => caseOf(`${kind} width ${width}`, { x }, (g, v) => activate(g, kind, v), uneven)),
    caseOf(`prelu width ${width}`, { x, slope: [1, 1] }, prelu),
  ];
}

export function combineCases(width: number): OpCase[] {
  const x = [ROWS, width] as const;
  return [
    caseOf(`combine width ${width}`, { x, y: x }, (g, a, b) => combine(g, 0.9, a, -0.3, b)),
    caseOf(`scale width ${width}`, { x }, (g, v) => scale(g, v, 0.7)),
    caseOf(`scaledSum width ${width}`, { x, eps: [1, 1], y: x }, scaledSum),
  ];
}

/** So few rows that panels of the same bytes are wider in the prefix. */
function rowsCases(width: number): OpCase[] {
  return [caseOf(`firstRows width ${width}`, { x: [ROWS, width] }, (g, x) => firstRows(g, x, 57))];
}

/** The part in the middle has a width that moves the one behind it off every multiple of four. */
function columnsCases(width: number): OpCase[] {
  const x = [ROWS, width] as const;
  return [
    caseOf(`concatColumns width ${width}`, { x, y: [ROWS, 6], z: x }, (g, ...parts) => concatColumns(g, parts)),
    caseOf(`maxOf width ${width}`, { x, y: x, z: x }, (g, ...parts) => maxOf(g, parts)),
    caseOf(`meanHeads width ${width}`, { x: [ROWS, 3 * width] }, (g, v) => meanHeads(g, v, 3)),
  ];
}

/** Numbers whose mean is 50 times their deviation: a variance from sums of squares would have lost three digits. */
const far = (value: number) => 30 + value;

/** @param training twice, so that the second run updates what the first one left */
function batchNormCase(width: number, training: boolean, name: string, stretch?: Stretch, rows = ROWS): OpCase {
  return {
    name: `batchNorm width ${width}, ${name}`,
    sizes: {},
    runs: training ? [{}, {}] : [{}],
    build(g) {
      const one = [1, width] as const;
      const inputs = matrices(g, { x: [rows, width], weight: one, bias: one, mean: one, variance: one }, stretch);
      const [x, weight, bias, mean, variance] = inputs.map(([value]) => value);
      inputs[4][1] = inputs[4][1].map(Math.abs);
      const out = batchNorm(g, x, weight, bias, { mean, variance }, training);
      return { inputs, outputs: [out, mean, variance], moving: [x, weight, bias] };
    },
  };
}

export function normCases(width: number): OpCase[] {
  const shapes = { x: [ROWS, width], weight: [1, width], bias: [1, width] } as const;
  const layers = [
    caseOf(`layerNorm width ${width}`, shapes, layerNorm),
    caseOf(`layerNorm width ${width}, far from zero`, shapes, layerNorm, far),
  ];
  return [
    batchNormCase(width, true, 'training'),
    batchNormCase(width, true, 'training, far from zero', far),
    batchNormCase(width, false, 'evaluation'),
    // One column is its own mean: nothing is left but the rounding of a gradient that is 0.
    ...(width > 1 ? layers : []),
  ];
}

/** Sums over many rows, of every kind. */
export function manyRowsCases(): OpCase[] {
  const x = [MANY_ROWS, 5] as const;
  return [
    caseOf('prelu, many rows', { x, slope: [1, 1] }, prelu),
    caseOf('scaledSum, many rows', { x, eps: [1, 1], y: x }, scaledSum),
    batchNormCase(5, true, 'many rows', undefined, MANY_ROWS),
    caseOf('layerNorm, many rows', { x, weight: [1, 5], bias: [1, 5] }, layerNorm),
  ];
}

export function denseCases(width: number): OpCase[] {
  return [
    ...activationCases(width),
    ...combineCases(width),
    ...rowsCases(width),
    ...columnsCases(width),
    ...normCases(width),
  ];
}
