import type { Dispatch } from '../op.ts';
import type { Value } from '../value.ts';

/**
 * Half precision, a *rounding* pass: which values are kept with 16 bits a number. Kernels compute in f32 all the same and round
 * as they store. Features, activations and their gradients are kept so where every dispatch that touches them can; parameters,
 * their gradients and moments, what is asked for, and what is one row stay in f32.
 */

/** Whether a kernel can read or store the value of a binding in half precision. */
export type HalfBinding = (kernel: string, binding: string) => boolean;

/**
 * @param dispatches of all routines, before fusion: this only takes uses away
 * @param asked values that are read back
 */
export function halfValues(
  dispatches: readonly Dispatch[],
  asked: readonly Value[],
  canBeHalf: HalfBinding,
): ReadonlySet<Value> {
  const uses = dispatches.flatMap(({ kernel, reads, writes, precise = [] }) =>
    Object.entries({ ...reads, ...writes }).map(([binding, { value }]) => ({
      value,
      fits: canBeHalf(kernel, binding) && !precise.includes(binding),
    })),
  );
  const half = new Set(uses.map(({ value }) => value).filter((value) => isMatrix(value) && !asked.includes(value)));
  for (const { value, fits } of uses) if (!fits) half.delete(value);
  const compared = dispatches.flatMap(({ compares, reads }) =>
    compares ? [compares.map((name) => reads[name].value)] : [],
  );
  for (let before = -1; before !== half.size; ) {
    before = half.size;
    for (const values of compared) {
      if (!values.every((value) => half.has(value))) for (const value of values) half.delete(value);
    }
  }
  return half;
}

function isMatrix({ dtype, layout, rows, lifetime, purpose }: Value): boolean {
  return dtype === 'f32' && layout === 'padded' && rows !== 1 && (lifetime === 'transient' || purpose === 'features');
}
