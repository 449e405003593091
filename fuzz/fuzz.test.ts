import { describe, expect, test } from 'vitest';
import { attempt } from './attempt.ts';
import { CASES } from './cases.ts';

/** A share of `npm run fuzz`, which runs more of them, and measures time and memory. */
const MUTANTS = 200;

describe('damaged versions are read or refused in one sentence', () => {
  test.each(CASES)('$name', async (one) => {
    const inputs = await one.inputs();
    if (!inputs) return;
    for (const { bytes, read } of inputs) await read(bytes);
    const count = Math.ceil(MUTANTS * (one.share ?? 1));
    let refused = 0;
    for (let seed = 0; seed < count; seed++) {
      const { kind, text } = await attempt(one, inputs, seed);
      expect(kind, `${text}\nnpm run fuzz -- --only ${one.name} --seed ${seed} --count 1`).not.toBe('finding');
      if (kind === 'refusal') refused++;
    }
    // A damage that nobody notices is no damage.
    if (count === MUTANTS) expect(refused).toBeGreaterThan(count / 2);
  });
});
