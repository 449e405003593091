import { deriveKey, type Key, threefry, toUnit } from '../graph/random.ts';
import type { Parameter } from './model.ts';

/**
 * First values of a parameter: a function of the run's key, the parameter's place in the model and the element alone.
 * Glorot and Bengio, AISTATS 2010: uniform in ±√(6 / (fan in + fan out)).
 */
export function initialValues({ value, initial }: Parameter, index: number, key: Key): Float32Array {
  const [rows, cols] = [value.rows as number, value.cols];
  const out = new Float32Array(rows * cols);
  if (initial === 'zeros') return out;
  const bound = Math.sqrt(6 / (rows + cols));
  const [key0, key1] = deriveKey(key, index, INITIALISATION);
  const words = new Uint32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    threefry(key0, key1, i, 0, words);
    out[i] = bound * (2 * toUnit(words[0]) - 1);
    if (i + 1 < out.length) out[i + 1] = bound * (2 * toUnit(words[1]) - 1);
  }
  return out;
}

/** Keeps this use of the run's key apart from all others. */
const INITIALISATION = 0x1417;
