import { InputError } from '../config/errors.ts';
import type { Parameter } from './model.ts';

/** A parameter as PyTorch Geometric stores it: its name there, its shape there. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export function weightsBytes(weights: ReadonlyMap<string, Weights>): number {
  return [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** From the device's layout, rows × columns, to PyTorch's. */
export function toStored({ value, shape, transposed }: Parameter, data: Float32Array): Weights {
  const [rows, cols] = [value.rows as number, value.cols];
  return { shape, data: transposed ? transpose(data, rows, cols) : data };
}

/**
 * From PyTorch's layout to the device's.
 * @throws InputError where the weight is missing or has another shape
 */
export function fromStored(parameter: Parameter, weights: ReadonlyMap<string, Weights>, graph: string): Float32Array {
  const { value, shape, transposed } = parameter;
  const found = weights.get(value.name);
  const count = shape.reduce((product, length) => product * length, 1);
  if (!found || found.shape.join() !== shape.join() || found.data.length !== count) {
    const what = found ? `is ${found.shape.join(' × ')} with ${found.data.length} numbers` : 'is missing';
    throw new InputError(
      `weight ${value.name} ${what}, but this model on ${graph} needs ${shape.join(' × ')}: use the dataset and configuration of the run.`,
    );
  }
  return transposed ? transpose(found.data, shape[0], shape[1]) : found.data;
}

function transpose(data: Float32Array, rows: number, cols: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[c * rows + r] = data[r * cols + c];
  }
  return out;
}
