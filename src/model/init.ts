import { deriveKey, type Key, threefry, toUnit } from '../graph/random.ts';
import type { Parameter } from './model.ts';

/** First values: uniform in ± a bound, or one number everywhere. */
export type Initial = { readonly uniform: number } | { readonly constant: number };

/** Glorot and Bengio, AISTATS 2010: uniform in ±√(6 / (fan in + fan out)). What PyTorch Geometric gives convolutions. */
export function glorot(fanIn: number, fanOut: number): Initial {
  return { uniform: Math.sqrt(6 / (fanIn + fanOut)) };
}

/** Uniform in ±1/√(fan in): what torch.nn.Linear gives its weight (Kaiming with a = √5) and its bias. */
export function fanIn(from: number): Initial {
  return { uniform: 1 / Math.sqrt(from) };
}

export function constant(value: number): Initial {
  return { constant: value };
}

/** First values of a parameter: a function of the run's key, the parameter's place in the model and the element alone. */
export function initialValues(
  { value, initial }: Pick<Parameter, 'value' | 'initial'>,
  index: number,
  key: Key,
): Float32Array {
  const out = new Float32Array((value.rows as number) * value.cols);
  if ('constant' in initial) return out.fill(initial.constant);
  const [key0, key1] = deriveKey(key, index, INITIALISATION);
  const words = new Uint32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    threefry(key0, key1, i, 0, words);
    out[i] = initial.uniform * (2 * toUnit(words[0]) - 1);
    if (i + 1 < out.length) out[i + 1] = initial.uniform * (2 * toUnit(words[1]) - 1);
  }
  return out;
}

/** Keeps this use of the run's key apart from all others. */
const INITIALISATION = 0x1417;
