import { describe, expect, test } from 'vitest';
import { InputError } from '../src/config/errors.ts';
import { attempt } from './attempt.ts';
import { CASES } from './cases.ts';

/** A share of `npm run fuzz`, which runs more of them, and measures time and memory. */
const MUTANTS = 200;

describe('damaged versions are read or refused in one sentence', () => {
  test.for(CASES)('$name', async (one, { skip }) => {
    const inputs = await one.inputs();
    if (!inputs) return skip('EDGEWISE_DATA names no folder with these files');
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

test.each([
  ['a crash', new TypeError('x is undefined'), /TypeError/],
  ['a sentence without the file', new InputError('This is damaged.'), /does not name the file/],
  ['two sentences', new InputError('f.csv: is damaged. Get it again.'), /not one sentence/],
  ['half a sentence', new InputError('f.csv: damaged'), /not one sentence/],
  ['a page', new InputError(`f.csv: ${'x'.repeat(999)}.`), /too long/],
])('%s is a finding', async (_, error, text) => {
  const read = () => {
    throw error;
  };
  const one = { name: 'f', names: /f\.csv/, source: '', inputs: () => [] };
  expect(await attempt(one, [{ bytes: new Uint8Array(9), read }], 1)).toEqual({
    kind: 'finding',
    text: expect.stringMatching(text),
  });
});
