import { InputError } from '../config/errors.ts';
import { readSafetensors, type Tensor, writeSafetensors } from '../formats/safetensors.ts';
import type { Weights } from './stored.ts';

/** The weights of a run as a safetensors file: names and shapes of PyTorch Geometric, 32-bit floats, and which run they are of. */

/** By which a file of weights and the record of its run find each other. */
export interface WeightsOf {
  readonly engine: string;
  readonly curveHash: string;
}

export function writeWeights(weights: ReadonlyMap<string, Weights>, { engine, curveHash }: WeightsOf): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, data }] of weights) tensors.set(name, { dtype: 'F32', shape, data });
  const metadata = new Map([
    ['format', 'edgewise'],
    ['engine', engine],
    ['curveHash', curveHash],
  ]);
  return writeSafetensors(tensors, metadata);
}

/** @throws InputError where the file is damaged, or holds something else; `curveHash` is undefined where it does not say */
export function readWeights(
  bytes: Uint8Array,
  where: string,
): { readonly weights: Map<string, Weights>; readonly curveHash: string | undefined } {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const weights = new Map<string, Weights>();
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array))
      throw new InputError(`${where}: ${name} is not of 32-bit floats; train again.`);
    weights.set(name, { shape, data });
  }
  return { weights, curveHash: metadata.get('curveHash') };
}
