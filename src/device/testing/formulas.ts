import { expect } from 'vitest';
import type { Key } from '../../graph/random.ts';
import { gradients } from '../../tensor/autodiff.ts';
import { newGraph } from '../../tensor/graph.ts';
import type { OpGraph } from '../../tensor/op.ts';
import { DEFAULT_LIMITS, makePlan } from '../../tensor/plan.ts';
import type { Value } from '../../tensor/value.ts';
import { cpuExecutor } from '../cpu/executor.ts';
import type { HostArray } from '../executor.ts';
import { type Data, dense, SCALARS } from './opCase.ts';
import { difference } from './rule.ts';

/**
 * The oracle is the CPU executor in double precision, so it would share an error of the CPU kernels. Tests that use this
 * file hold it against the formulas, as loops over plain matrices without padding, panels, chunks or heavy rows.
 */
export const KEY: Key = [3, 4];
type Scalars = Record<string, number>;

/** What the oracle reads from `outputs` after one run of the graph for each of `runs`, the changes to SCALARS. */
export async function oracle(
  build: (g: OpGraph) => { data: readonly Data[]; outputs: readonly Value[]; sizes?: Record<string, number> },
  runs: readonly Scalars[] = [{}],
): Promise<Float64Array[]> {
  const g = newGraph();
  const { data, outputs, sizes = {} } = build(g);
  const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: outputs }, DEFAULT_LIMITS);
  const executor = cpuExecutor(plan, { precision: 64, poison: true });
  for (const [value, array] of data) executor.write(value, array);
  for (const scalars of runs) await executor.run('main', { sizes, scalars: { ...SCALARS, ...scalars }, key: KEY });
  const arrays: Float64Array[] = [];
  for (const value of outputs) arrays.push(Float64Array.from(await executor.read(value)));
  return arrays;
}

/**
 * An op of matrices: its output, and the gradients of Σ output · upstream by each of them.
 * @param fill changes the numbers of the matrices before the run
 */
export async function differentiated(
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

/** @param times more than 1 where cancellation leaves fewer digits to both */
export function expectEqual(actual: HostArray, expected: ArrayLike<number>, times = 1): void {
  const { error, scale } = difference(actual, expected);
  expect(scale).toBeGreaterThan(0);
  expect(error).toBeLessThanOrEqual(times * 1e-12 * scale);
}

/** rows × cols numbers, from a formula. */
export const table = (rows: number, cols: number, at: (row: number, column: number) => number) =>
  Float64Array.from({ length: rows * cols }, (_, i) => at(Math.floor(i / cols), i % cols));

export const sum = (count: number, at: (i: number) => number) => {
  let total = 0;
  for (let i = 0; i < count; i++) total += at(i);
  return total;
};
