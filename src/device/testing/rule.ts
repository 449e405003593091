import { DEFAULT_LIMITS, type Limits } from '../../tensor/plan.ts';
import { cpuExecutor, cpuKernels } from '../cpu/executor.ts';
import type { HostArray } from '../executor.ts';
import { type BuiltCase, buildCase, type OpCase, runCase } from './opCase.ts';

/** What a float32 result is held against: the oracle in float64, and how far the float32 kernel of the CPU is from it. */

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
 * The rule that a float32 result must meet: error at most 4 times that of the float32 CPU kernel in JavaScript, plus FLOOR times the
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

/** A case at some limits with what it is measured by; made once where many tests need the same. */
export interface Measured {
  readonly built: BuiltCase;
  readonly oracle: readonly HostArray[];
  readonly cpu: readonly HostArray[];
}

/** Measures cases at these limits, each once. */
export function measuring(
  limits: (test: OpCase) => Limits = () => DEFAULT_LIMITS,
): (test: OpCase) => Promise<Measured> {
  const made = new Map<OpCase, Promise<Measured>>();
  const measure = async (test: OpCase): Promise<Measured> => {
    const built = buildCase(test, limits(test));
    const oracle = await runCase(built, cpuExecutor(built.plan, { precision: 64, poison: true }));
    return { built, oracle, cpu: await runCase(built, cpuExecutor(built.plan, { kernels: cpuKernels })) };
  };
  return (test) => {
    const found = made.get(test) ?? measure(test);
    made.set(test, found);
    return found;
  };
}

/** Whether every result of a run meets the rule; the message says which one does not. */
export function withinRules(actual: readonly HostArray[], { oracle, cpu }: Measured): { ok: boolean; message: string } {
  const rules = actual.map((array, i) => withinRule(array, cpu[i], oracle[i]));
  const failed = rules.findIndex(({ ok }) => !ok);
  return failed < 0 ? { ok: true, message: '' } : { ok: false, message: `result ${failed}: ${rules[failed].message}` };
}
