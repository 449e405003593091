import { deriveKey, seedKey, threefry, toUnit } from '../../graph/random.ts';
import { gradients } from '../../tensor/autodiff.ts';
import { input, newGraph } from '../../tensor/graph.ts';
import type { OpGraph, Step } from '../../tensor/op.ts';
import { DEFAULT_LIMITS, type Limits, makePlan, type Plan } from '../../tensor/plan.ts';
import { evaluate, type Sizes, type Value } from '../../tensor/value.ts';
import { verifyPlan } from '../../tensor/verify.ts';
import type { Executor, HostArray } from '../executor.ts';

/**
 * One op on one set of inputs, to be run on any executor: outputs, and the gradients of Σ output · R for a random R. What
 * the op computes is checked against an oracle, its gradient against finite differences of the oracle.
 */
export interface OpCase {
  readonly name: string;
  readonly sizes: Sizes;
  readonly scalars?: Step['scalars'];
  /** Adds the op; `moving` are the inputs to differentiate by. */
  build(g: OpGraph): {
    readonly inputs: readonly (readonly [Value, HostArray])[];
    readonly outputs: readonly Value[];
    readonly moving?: readonly Value[];
  };
}

export interface BuiltCase {
  readonly plan: Plan;
  readonly inputs: readonly (readonly [Value, HostArray])[];
  readonly outputs: readonly Value[];
  readonly moving: readonly Value[];
  readonly gradients: ReadonlyMap<Value, Value>;
  readonly weights: ReadonlyMap<Value, HostArray>;
  readonly step: Step;
}

export const SCALARS = { lr: 0.01, weightDecay: 0.1, dropout: 0.4, lossScale: 0.25, first: 1, firstPart: 1 };

export function buildCase(test: OpCase, limits: Limits = DEFAULT_LIMITS): BuiltCase {
  const g = newGraph();
  const { inputs, outputs, moving = [] } = test.build(g);
  const weights = new Map<Value, HostArray>();
  const upstream = new Map<Value, Value>();
  for (const output of moving.length > 0 ? outputs : []) {
    const { name, rows, cols, layout } = output;
    const weight = input(g, `${name} upstream`, 'activations', 'f32', rows, cols, layout);
    weights.set(weight, randoms(evaluate(rows, test.sizes) * cols, weight.id));
    upstream.set(output, weight);
  }
  const found = moving.length > 0 ? gradients(g, moving, upstream) : new Map<Value, Value>();
  const readable = [...outputs, ...found.values()];
  const plan = makePlan({ graph: g, capacity: test.sizes, results: [], readable }, limits);
  const faults = verifyPlan(plan);
  if (faults.length > 0) throw new Error(`${test.name}: ${faults.join('; ')}`);
  const step = { sizes: test.sizes, scalars: { ...SCALARS, ...test.scalars }, key: seedKey(7) };
  return { plan, inputs, outputs, moving, gradients: found, weights, step };
}

/** Runs a built case; returns outputs, then gradients. */
export async function runCase(built: BuiltCase, executor: Executor): Promise<HostArray[]> {
  for (const [value, data] of [...built.inputs, ...built.weights]) executor.write(value, data);
  await executor.run('main', built.step);
  const arrays: HostArray[] = [];
  for (const value of [...built.outputs, ...built.gradients.values()]) arrays.push(await executor.read(value));
  return arrays;
}

/** Uniform in [-1, 1), never near 0 so that kinks stay out of reach of finite differences. */
export function randoms(length: number, stream: number): Float32Array {
  const key = deriveKey(seedKey(42), stream, 0);
  const words = new Uint32Array(2);
  return Float32Array.from({ length }, (_, i) => {
    threefry(key[0], key[1], i, 0, words);
    const magnitude = 0.05 + 0.95 * toUnit(words[0]);
    return words[1] & 1 ? magnitude : -magnitude;
  });
}

/** The largest difference, and the largest magnitude of the reference. NaN anywhere counts as infinite. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): { error: number; scale: number } {
  if (actual.length !== expected.length) throw new Error(`lengths differ: ${actual.length}, ${expected.length}`);
  let error = 0;
  let scale = 0;
  for (let i = 0; i < actual.length; i++) {
    const delta = Math.abs(actual[i] - expected[i]);
    error = Number.isNaN(delta) ? Number.POSITIVE_INFINITY : Math.max(error, delta);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return { error, scale };
}

/**
 * The rule that a float32 result must meet: error at most 4 times that of the float32 CPU kernel, plus FLOOR times the
 * largest magnitude. The CPU kernel rounds once on storing; the floor leaves room for a sum of a few hundred terms
 * rounded at each addition (about √n · 2^-24 relative to the terms).
 */
export const FLOOR = 2 ** -18;

export function withinRule(gpu: HostArray, cpu: HostArray, oracle: HostArray): { ok: boolean; message: string } {
  const { error, scale } = difference(gpu, oracle);
  const reference = difference(cpu, oracle).error;
  const allowed = 4 * reference + FLOOR * scale;
  return { ok: error <= allowed, message: `error ${error}, allowed ${allowed} (scale ${scale})` };
}
