import { describe, expect, test } from 'vitest';
import { activation, newGraph } from '../tensor/graph.ts';
import { type Activation, activate, prelu } from '../tensor/ops/activation.ts';
import { concatColumns, meanHeads } from '../tensor/ops/columns.ts';
import { combine, scale, scaledSum } from '../tensor/ops/combine.ts';
import { maxOf } from '../tensor/ops/maximum.ts';
import { firstRows } from '../tensor/ops/rows.ts';
import { symbol } from '../tensor/value.ts';
import { ACTIVATIONS } from './testing/denseCases.ts';
import { differentiated, expectEqual, sum, table } from './testing/formulas.ts';

/** The oracle against the formulas of the dense ops: values and gradients, each straight from its definition. */

describe('activation functions', () => {
  const [rows, cols] = [70, 5];

  /** Φ by Simpson's rule over the density from 0 to x. */
  function normal(x: number): number {
    const n = 1000;
    const density = (t: number) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
    const weight = (i: number) => (i === 0 || i === n ? 1 : i % 2 ? 4 : 2);
    return 0.5 + (x / n / 3) * sum(n + 1, (i) => weight(i) * density((x * i) / n));
  }
  const formulas: Record<Activation, [value: (x: number) => number, slope: (x: number) => number]> = {
    relu: [(x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0)],
    elu: [(x) => (x > 0 ? x : Math.exp(x) - 1), (x) => (x > 0 ? 1 : Math.exp(x))],
    leakyRelu: [(x) => (x > 0 ? x : 0.01 * x), (x) => (x > 0 ? 1 : 0.01)],
    gelu: [(x) => x * normal(x), (x) => normal(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)],
  };

  test.each(ACTIVATIONS)('%s and its gradient, from -4 to 4 and at 0', async (kind) => {
    const { arrays, upstream, out, gradients } = await differentiated(
      { x: [rows, cols] },
      (g, x) => activate(g, kind, x),
      (x) => {
        for (let i = 0; i < x.length; i++) x[i] = i < cols ? 0 : 4 * x[i];
      },
    );
    const [x] = arrays;
    const [value, slope] = formulas[kind];
    expectEqual(out, Float64Array.from(x, value));
    expectEqual(
      gradients[0],
      Float64Array.from(x, (v, i) => upstream[i] * slope(v)),
    );
  });

  test('prelu: gradients of its input and of its slope, which may be negative', async () => {
    for (const slope of [0.25, -0.5]) {
      const { arrays, upstream, out, gradients } = await differentiated(
        { x: [rows, cols], slope: [1, 1] },
        prelu,
        (x, a) => {
          x.fill(0, 0, cols);
          a[0] = slope;
        },
      );
      const [x] = arrays;
      expectEqual(
        out,
        Float64Array.from(x, (v) => (v > 0 ? v : slope * v)),
      );
      expectEqual(
        gradients[0],
        Float64Array.from(x, (v, i) => upstream[i] * (v > 0 ? 1 : slope)),
      );
      expectEqual(
        gradients[1],
        table(1, 1, () => sum(x.length, (i) => Math.min(x[i], 0) * upstream[i])),
      );
    }
  });

  test('far out, gelu keeps its digits', async () => {
    const { out } = await differentiated(
      { x: [1, 4] },
      (g, x) => activate(g, 'gelu', x),
      (x) => {
        x.set([-8, -3, 8, -1]);
      },
    );
    // mpmath: x · ncdf(x) , rounded.
    const known = [-4.976768459417429e-15, -0.00404969409489028, 7.999999999999995, -0.158655253931457];
    known.forEach((value, i) => {
      expect(Math.abs(out[i] / value - 1)).toBeLessThan(1e-12);
    });
  });
});

describe('linear combinations', () => {
  const shape = [150, 7] as const;

  test('of two matrices, with one of them twice, and of one', async () => {
    const two = await differentiated({ x: shape, y: shape }, (g, x, y) =>
      combine(g, 0.9, x, 0.1, combine(g, 1, x, 2, y)),
    );
    const [x, y] = two.arrays;
    expectEqual(
      two.out,
      Float64Array.from(x, (v, i) => 0.9 * v + 0.1 * (v + 2 * y[i])),
    );
    expectEqual(
      two.gradients[0],
      Float64Array.from(two.upstream, (u) => (0.9 + 0.1) * u),
    );
    expectEqual(
      two.gradients[1],
      Float64Array.from(two.upstream, (u) => 0.2 * u),
    );
    const one = await differentiated({ x: shape }, (g, x) => scale(g, x, -3));
    expectEqual(
      one.out,
      Float64Array.from(one.arrays[0], (v) => -3 * v),
    );
    expectEqual(
      one.gradients[0],
      Float64Array.from(one.upstream, (u) => -3 * u),
    );
  });

  test('with a weight that is learned', async () => {
    const { arrays, upstream, out, gradients } = await differentiated({ x: shape, eps: [1, 1], y: shape }, scaledSum);
    const [x, [eps], y] = arrays;
    expectEqual(
      out,
      Float64Array.from(x, (v, i) => (1 + eps) * v + y[i]),
    );
    expectEqual(
      gradients[0],
      Float64Array.from(upstream, (u) => (1 + eps) * u),
    );
    expectEqual(gradients[1], [sum(x.length, (i) => x[i] * upstream[i])]);
    expectEqual(gradients[2], upstream);
  });
});

describe('first rows', () => {
  test('are copied, and the others have no gradient', async () => {
    const { arrays, upstream, out, gradients } = await differentiated({ x: [90, 5] }, (g, x) => firstRows(g, x, 31));
    expectEqual(out, arrays[0].subarray(0, 31 * 5));
    expectEqual(
      gradients[0],
      table(90, 5, (i, j) => (i < 31 ? upstream[i * 5 + j] : 0)),
    );
  });

  test('of as many rows are the matrix itself', () => {
    const g = newGraph();
    const x = activation(g, 'x', symbol('nodes'), 3);
    expect(firstRows(g, x, symbol('nodes'))).toBe(x);
    expect(firstRows(g, x, symbol('targets'))).not.toBe(x);
    expect(g.nodes).toHaveLength(1);
  });
});

describe('columns', () => {
  const rows = 40;

  test('side by side, of any widths', async () => {
    const widths = [3, 1, 5, 8, 2];
    const shapes = Object.fromEntries(widths.map((width, i) => [`x${i}`, [rows, width] as const]));
    const { arrays, upstream, out, gradients } = await differentiated(shapes, (g, ...parts) => concatColumns(g, parts));
    const cols = sum(widths.length, (i) => widths[i]);
    const first = widths.map((_, i) => sum(i, (j) => widths[j]));
    const partOf = widths.flatMap((width, i) => Array.from({ length: width }, () => i));
    const at = (i: number, j: number) => arrays[partOf[j]][i * widths[partOf[j]] + j - first[partOf[j]]];
    expectEqual(out, table(rows, cols, at));
    widths.forEach((width, part) => {
      const expected = table(rows, width, (i, j) => upstream[i * cols + first[part] + j]);
      expectEqual(gradients[part], expected);
    });
  });

  test('the largest of equal shapes; of equals, the first has the gradient', async () => {
    const parts = { x: [rows, 7], y: [rows, 7], z: [rows, 7] } as const;
    const { arrays, upstream, out, gradients } = await differentiated(
      parts,
      (g, ...values) => maxOf(g, values),
      // Few different numbers, so that all kinds of ties come up.
      (...all) => {
        for (const array of all) for (let i = 0; i < array.length; i++) array[i] = Math.round(2 * array[i]);
      },
    );
    const at = (i: number) => arrays.map((array) => array[i]);
    const ties = new Set(
      Array.from(out, (value, i) =>
        at(i)
          .map((v) => Number(v === value))
          .join(''),
      ),
    );
    expect(ties.size).toBe(7);
    expectEqual(
      out,
      Float64Array.from(out, (_, i) => Math.max(...at(i))),
    );
    gradients.forEach((gradient, part) => {
      const wins = (i: number) => at(i).indexOf(Math.max(...at(i))) === part;
      expectEqual(
        gradient,
        Float64Array.from(upstream, (u, i) => (wins(i) ? u : 0)),
      );
    });
  });

  test.each([
    [3, 5],
    [8, 4],
    [4, 1],
  ])('the mean of %i heads of %i columns', async (heads, channels) => {
    const { arrays, upstream, out, gradients } = await differentiated({ x: [rows, heads * channels] }, (g, x) =>
      meanHeads(g, x, heads),
    );
    const [x] = arrays;
    const mean = (i: number, c: number) => sum(heads, (h) => x[i * heads * channels + h * channels + c]) / heads;
    expectEqual(out, table(rows, channels, mean));
    const expected = table(rows, heads * channels, (i, j) => upstream[i * channels + (j % channels)] / heads);
    expectEqual(gradients[0], expected);
  });
});
