import { describe, expect, test } from 'vitest';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph, state } from '../tensor/graph.ts';
import { batchNorm } from '../tensor/ops/batchNorm.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { symbol } from '../tensor/value.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { HostArray } from './executor.ts';
import { differentiated, expectEqual, KEY, oracle, sum, table } from './testing/formulas.ts';
import { type Data, dense } from './testing/opCase.ts';

/** The oracle against the formulas of batch norm and layer norm. */

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
