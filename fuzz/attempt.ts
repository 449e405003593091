import { InputError } from '../src/config/errors.ts';
import type { FuzzCase, FuzzInput } from './cases.ts';
import { mutant } from './mutants.ts';

/** What became of a damaged file: read, refused in words, or neither. */
export interface Attempt {
  readonly kind: 'answer' | 'refusal' | 'finding';
  /** The words; of a finding, what is wrong. */
  readonly text: string;
}

/** Longer than that is no sentence that a person reads. */
const MAX_SENTENCE = 600;

/** Damages one of the inputs, which the seed chooses as it does the damage, and reads it. */
export async function attempt({ names }: FuzzCase, inputs: readonly FuzzInput[], seed: number): Promise<Attempt> {
  const input = inputs[seed % inputs.length];
  const bytes = mutant(input.bytes, seed);
  try {
    await input.read(bytes);
    return { kind: 'answer', text: '' };
  } catch (error) {
    if (!(error instanceof InputError)) return { kind: 'finding', text: (error as Error).stack ?? String(error) };
    const wrong = faultOf(error.message, names);
    return wrong ? { kind: 'finding', text: `${wrong}: ${error.message}` } : { kind: 'refusal', text: error.message };
  }
}

/** What is wrong with the sentence of an error; null where nothing is. */
function faultOf(message: string, names: RegExp): string | null {
  if (/\p{Cc}/u.test(message)) return 'The message has control characters';
  if (message.length > MAX_SENTENCE) return 'The message is too long';
  // What is quoted from the file, or from the engine that quotes it, may be anything.
  const unquoted = message.replace(/[(].*[)]/g, '').replace(/'[^']*'|"[^"]*"/g, 'x');
  if (!/[.?]$/.test(message) || /[.!?] [A-Z]/.test(unquoted)) return 'The message is not one sentence';
  return names.test(message) ? null : 'The message does not name the file';
}
