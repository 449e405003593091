import { state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias, relu } from '../tensor/ops/elementwise.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { sparseDropout } from '../tensor/ops/sparse.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';
import { isSparse, type Mode, type ModelInputs, type ModelShape, type Parameter } from './model.ts';

/** What layers are made of. */

/** The weight and the bias of each of a stack of linear maps: features → hidden → … → classes. */
export function linearParameters(g: OpGraph, shape: ModelShape, prefix: 'convs' | 'lins'): Parameter[] {
  const role = prefix === 'convs' ? 'convolution' : 'linear';
  const { features, hidden, classes, layers } = shape;
  return Array.from({ length: layers }, (_, layer) => {
    const from = layer === 0 ? features : hidden;
    const to = layer === layers - 1 ? classes : hidden;
    const weight = state(g, `${prefix}.${layer}.weight`, 'parameters', from, to);
    const bias = state(g, `${prefix}.${layer}.bias`, 'parameters', 1, to);
    const both: Parameter[] = [
      { value: weight, initial: 'glorot', layer, role },
      { value: bias, initial: 'zeros', layer, role },
    ];
    return both;
  }).flat();
}

/** X·W, with dropout on X first where the mode asks for it. */
function transformFeatures(g: OpGraph, { features, ids }: ModelInputs, weight: Value, mode: Mode): Value {
  const drop = mode.dropout && mode.inputDropout;
  if (isSparse(features)) return spmm(g, drop ? sparseDropout(g, features, ids[0]) : features, weight, 'X·W');
  return matmul(g, drop ? dropout(g, features, ids[0]) : features, weight, 'nn', 'X·W');
}

/**
 * dropout → linear → `propagate` → bias → ReLU, for each layer; no ReLU after the last. With no propagation this is a
 * multilayer perceptron; a convolution propagates over the graph.
 */
export function linearStack(
  g: OpGraph,
  parameters: readonly Parameter[],
  inputs: ModelInputs,
  mode: Mode,
  propagate: (h: Value, layer: number) => Value,
): Value {
  const layers = parameters.length / 2;
  let h: Value | null = null;
  for (let layer = 0; layer < layers; layer++) {
    const [weight, bias] = [parameters[2 * layer].value, parameters[2 * layer + 1].value];
    const transformed: Value = h
      ? matmul(g, mode.dropout ? dropout(g, h, inputs.ids[layer]) : h, weight, 'nn', `h${layer}·W`)
      : transformFeatures(g, inputs, weight, mode);
    const out = addBias(g, propagate(transformed, layer), bias);
    h = layer < layers - 1 ? relu(g, out) : out;
  }
  return h!;
}
