import { describe, expect, test } from 'vitest';
import { gradients } from '../tensor/autodiff.ts';
import { activation, input, newGraph, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { type Activation, activate, prelu } from '../tensor/ops/activation.ts';
import { batchNorm } from '../tensor/ops/batchNorm.ts';
import { concatColumns, meanHeads } from '../tensor/ops/columns.ts';
import { combine, scale, scaledSum } from '../tensor/ops/combine.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { maxOf } from '../tensor/ops/maximum.ts';
import { firstRows } from '../tensor/ops/rows.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { symbol, type Value } from '../tensor/value.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { HostArray } from './executor.ts';
import { ACTIVATIONS } from './testing/denseCases.ts';
import { expectEqual, KEY, oracle, sum, table } from './testing/formulas.ts';
import { type Data, dense } from './testing/opCase.ts';

/** The oracle against the formulas of the dense ops: values and gradients, each straight from its definition. */

/**
 * An op of matrices: its output, and the gradients of Σ output · upstream by each of them.
 * @param fill changes the numbers of the matrices before the run
 */
async function differentiated(
  shapes: Readonly<Record<string, readonly [rows: number, cols: number]>>,
  use: (g: OpGraph, ...values: Value[]) => Value,
  fill: (...arrays: HostArray[]) => void = () => {},
) {
  let arrays: HostArray[] = [];
  let upstream: HostArray = new Float32Array();
  const [out, ...found] = await oracle((g) => {
    const data = Object.entries(shapes).map(([label, [rows, cols]]): Data => dense(g, label, rows, cols));
    arrays = data.map(([, array]) => array);
    fill(...arrays);
    const values = data.map(([value]) => value);
    const result = use(g, ...values);
    const up = dense(g, 'upstream', result.rows as number, result.cols);
    upstream = up[1];
    const grads = gradients(g, values, new Map([[result, up[0]]]));
    return { data: [...data, up], outputs: [result, ...values.map((value) => grads.get(value)!)] };
  });
  return { arrays, upstream, out, gradients: found };
}

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

/** (x - mean) / √(variance + 1e-5) of a list, and what the gradient g of that is as one of x. */
function standardized(x: readonly number[]) {
  const n = x.length;
  const mean = sum(n, (i) => x[i]) / n;
  const variance = sum(n, (i) => (x[i] - mean) ** 2) / n;
  const deviation = Math.sqrt(variance + 1e-5);
  const normal = x.map((value) => (value - mean) / deviation);
  /** ∂normal[j]/∂x[i] = (δij - 1/n - normal[i] · normal[j] / n) / deviation. */
  const gradient = (g: readonly number[]) =>
    x.map((_, i) => sum(n, (j) => (g[j] * ((i === j ? 1 : 0) - 1 / n - (normal[i] * normal[j]) / n)) / deviation));
  return { mean, variance, normal, gradient };
}

describe('norms', () => {
  const [rows, cols] = [150, 7];
  const shapes = { x: [rows, cols], weight: [1, cols], bias: [1, cols] } as const;
  const column = (x: HostArray, j: number) => Array.from({ length: rows }, (_, i) => x[i * cols + j]);
  const row = (x: HostArray, i: number) => Array.from(x.subarray(i * cols, (i + 1) * cols));

  test.each([0, 1000])('layer norm of numbers around %i, and its gradients', async (around) => {
    const { arrays, upstream, out, gradients } = await differentiated(shapes, layerNorm, (x) => {
      for (let i = 0; i < x.length; i++) x[i] += around;
    });
    const [x, weight, bias] = arrays;
    const of = Array.from({ length: rows }, (_, i) => standardized(row(x, i)));
    const near = around === 0 ? 1 : 1e3;
    expectEqual(
      out,
      table(rows, cols, (i, j) => of[i].normal[j] * weight[j] + bias[j]),
      near,
    );
    const byRow = of.map(({ gradient }, i) => gradient(row(upstream, i).map((u, j) => u * weight[j])));
    expectEqual(
      gradients[0],
      table(rows, cols, (i, j) => byRow[i][j]),
      near,
    );
    const normal = table(rows, cols, (i, j) => of[i].normal[j]);
    expectEqual(
      gradients[1],
      table(1, cols, (_, j) => sum(rows, (i) => normal[i * cols + j] * upstream[i * cols + j])),
      near,
    );
    expectEqual(
      gradients[2],
      table(1, cols, (_, j) => sum(rows, (i) => upstream[i * cols + j])),
    );
  });

  /** A batch norm with running mean 3 and variance 2 before its first run. */
  async function normalised(training: boolean, runs: number, count: number, around = 0) {
    let arrays: HostArray[] = [];
    const outputs = await oracle(
      (g) => {
        const wide = { ...shapes, x: [count, cols] as const };
        const data = Object.entries({ ...wide, upstream: wide.x }).map(
          ([label, [height, width]]): Data => dense(g, label, height, width),
        );
        arrays = data.map(([, array]) => array);
        for (let i = 0; i < arrays[0].length; i++) arrays[0][i] += around;
        const [x, weight, bias, upstream] = data.map(([value]) => value);
        const mean = input(g, 'mean', 'parameters', 'f32', 1, cols, 'padded');
        const variance = input(g, 'variance', 'parameters', 'f32', 1, cols, 'padded');
        data.push([mean, new Float32Array(cols).fill(3)], [variance, new Float32Array(cols).fill(2)]);
        const out = batchNorm(g, x, weight, bias, { mean, variance }, training);
        const found = gradients(g, [x, weight, bias], new Map([[out, upstream]]));
        return { data, outputs: [out, mean, variance, ...found.values()] };
      },
      Array.from({ length: runs }, () => ({})),
    );
    return { arrays, outputs };
  }

  test.each([0, 1000])('batch norm of numbers around %i in training: moments of the batch', async (around) => {
    const { arrays, outputs } = await normalised(true, 2, rows, around);
    const [x, weight, bias, upstream] = arrays;
    const [out, mean, variance, ...grads] = outputs;
    const of = Array.from({ length: cols }, (_, j) => standardized(column(x, j)));
    const near = around === 0 ? 1 : 1e3;
    expectEqual(
      out,
      table(rows, cols, (i, j) => of[j].normal[i] * weight[j] + bias[j]),
      near,
    );
    const byColumn = of.map(({ gradient }, j) => gradient(column(upstream, j).map((u) => u * weight[j])));
    expectEqual(
      grads[0],
      table(rows, cols, (i, j) => byColumn[j][i]),
      near,
    );
    expectEqual(
      grads[1],
      table(1, cols, (_, j) => sum(rows, (i) => of[j].normal[i] * upstream[i * cols + j])),
      near,
    );
    expectEqual(
      grads[2],
      table(1, cols, (_, j) => sum(rows, (i) => upstream[i * cols + j])),
    );
    // Two runs with momentum 0.1 keep 0.81 of what was there before.
    expectEqual(
      mean,
      table(1, cols, (_, j) => 0.81 * 3 + 0.19 * of[j].mean),
    );
    expectEqual(
      variance,
      table(1, cols, (_, j) => 0.81 * 2 + (0.19 * of[j].variance * rows) / (rows - 1)),
      near,
    );
  });

  test('batch norm in evaluation: the running moments, which stay', async () => {
    const { arrays, outputs } = await normalised(false, 2, rows);
    const [x, weight, bias, upstream] = arrays;
    const [out, mean, variance, ...grads] = outputs;
    const normal = (i: number, j: number) => (x[i * cols + j] - 3) / Math.sqrt(2 + 1e-5);
    expectEqual(
      out,
      table(rows, cols, (i, j) => normal(i, j) * weight[j] + bias[j]),
    );
    expectEqual(
      grads[0],
      table(rows, cols, (i, j) => (upstream[i * cols + j] * weight[j]) / Math.sqrt(2 + 1e-5)),
    );
    expectEqual(
      grads[1],
      table(1, cols, (_, j) => sum(rows, (i) => normal(i, j) * upstream[i * cols + j])),
    );
    expectEqual(
      grads[2],
      table(1, cols, (_, j) => sum(rows, (i) => upstream[i * cols + j])),
    );
    expect([...mean, ...variance]).toEqual([...Array(cols).fill(3), ...Array(cols).fill(2)]);
  });

  test('batch norm of a single row has variance 0: its output is the bias', async () => {
    const { arrays, outputs } = await normalised(true, 1, 1);
    const [x, , bias] = arrays;
    const [out, mean, variance, xGrad] = outputs;
    expectEqual(out, bias);
    expect([...xGrad].map(Math.abs)).toEqual(Array(cols).fill(0));
    expectEqual(
      mean,
      Float64Array.from(x, (v) => 0.9 * 3 + 0.1 * v),
    );
    expectEqual(variance, Array(cols).fill(0.9 * 2));
  });

  test('rows behind the true ones count nowhere, and no row at all changes nothing', async () => {
    const g = newGraph();
    const x = input(g, 'x', 'features', 'f32', symbol('nodes'), 2, 'padded');
    const [weight, bias, mean, variance] = ['w', 'b', 'm', 'v'].map((name) => state(g, name, 'parameters', 1, 2));
    const out = batchNorm(g, x, weight, bias, { mean, variance }, true);
    const plan = makePlan({ graph: g, capacity: { nodes: 300 }, results: [], readable: [out] }, DEFAULT_LIMITS);
    const executor = cpuExecutor(plan, { precision: 64 });
    executor.write(
      x,
      new Float32Array(600).map((_, i) => (i < 4 ? i : Number.NaN)),
    );
    await executor.run('main', { sizes: { nodes: 2 }, scalars: {}, key: KEY });
    expectEqual(await executor.read(mean), [0.1 * 1, 0.1 * 2]);
    expectEqual(await executor.read(variance), [0.1 * 2, 0.1 * 2]);
    await executor.run('main', { sizes: { nodes: 0 }, scalars: {}, key: KEY });
    expectEqual(await executor.read(mean), [0.1 * 1, 0.1 * 2]);
  });
});
