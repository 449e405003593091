import type { Config } from '../config/schema.ts';
import { activate, prelu } from '../tensor/ops/activation.ts';
import { batchNorm } from '../tensor/ops/batchNorm.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias } from '../tensor/ops/elementwise.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { firstRows } from '../tensor/ops/rows.ts';
import { sparseDropout } from '../tensor/ops/sparse.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';
import { constant, fanIn, type Initial } from './init.ts';
import { isSparse, type ModelShape, type Parameter, type Pass, type Rows } from './model.ts';
import type { Declarations } from './parameters.ts';

/** What convolutions and models are made of. A layer declares its parameters once and is then a function of its input. */
export type Layer = (pass: Pass, x: Value) => Value;

/** x·W, x dense or sparse. */
export function project({ g }: Pass, x: Rows, weight: Value): Value {
  const name = `${isSparse(x) ? 'X' : x.name}·W`;
  return isSparse(x) ? spmm(g, x, weight, name) : matmul(g, x, weight, 'nn', name);
}

export interface LinearOptions {
  readonly bias?: Initial | null;
  readonly initial?: Initial;
  readonly role?: Parameter['role'];
}

/** `between` comes before the bias: aggregation is linear, so it may wait until rows are as wide as the output. */
export type Linear = (pass: Pass, x: Rows, between?: (h: Value) => Value) => Value;

/** x·W + b with the initialisation of torch.nn.Linear, unless told otherwise. */
export function linear(
  p: Declarations,
  name: string,
  from: number,
  to: number,
  { bias = fanIn(from), initial = fanIn(from), role = 'linear' }: LinearOptions = {},
): Linear {
  const weight = p.weight(`${name}.weight`, from, to, initial, role);
  const offset = bias && p.vector(`${name}.bias`, to, bias, { role });
  return (pass, x, between = (h) => h) => {
    const out = between(project(pass, x, weight));
    return offset ? addBias(pass.g, out, offset) : out;
  };
}

/** Dropout on the rows of a level, where the pass trains with one; on features only where these are dropped too. */
export function drop<X extends Rows>({ g, inputs, mode }: Pass, x: X, level: number): X {
  if (!mode.dropout || (x === inputs.features && !mode.inputDropout)) return x;
  const ids = inputs.ids[level];
  return (isSparse(x) ? sparseDropout(g, x, ids) : dropout(g, x, ids)) as X;
}

/** The rows of a level among those of an earlier one: targets come first among their sources. */
export function atLevel({ g, inputs }: Pass, x: Value, level: number): Value {
  return level === 0 ? x : firstRows(g, x, inputs.blocks[level - 1].forward.rows);
}

/** The activation that the configuration names; PReLU has one slope for the whole model, 0.25 at first, as in PyTorch. */
export function activation(p: Declarations, config: Config): Layer {
  const kind = config['model.activation'];
  if (kind !== 'prelu') return ({ g }, x) => activate(g, kind, x);
  const slope = p.vector('act.weight', 1, constant(0.25));
  return ({ g }, x) => prelu(g, x, slope);
}

/**
 * The normalisation that the configuration names: over the nodes of the batch (Ioffe and Szegedy, 2015), or over the features
 * of each node (Ba et al., 2016; mode='node' in PyTorch Geometric). A batch that was split takes the statistics of each part.
 */
export function normalization(
  p: Declarations,
  kind: Config['model.norm'],
  name: string,
  width: number,
  /** Where PyTorch Geometric's BatchNorm keeps that of PyTorch. */
  module = '.module',
): Layer {
  if (kind === 'none') return (_pass, x) => x;
  const inner = kind === 'batch' ? `${name}${module}` : name;
  const weight = p.vector(`${inner}.weight`, width, constant(1));
  const bias = p.vector(`${inner}.bias`, width, constant(0));
  if (kind === 'layer') return ({ g }, x) => layerNorm(g, x, weight, bias);
  const running = {
    mean: p.buffer(`${inner}.running_mean`, width, 0),
    variance: p.buffer(`${inner}.running_var`, width, 1),
  };
  return ({ g, mode }, x) => batchNorm(g, x, weight, bias, running, mode.training);
}

/** dropout → linear → activation on the features of every node, before anything looks at the graph. */
export function inputLayer(p: Declarations, name: string, { features, config }: ModelShape, act: Layer): Linear {
  const map = linear(p, name, features, config['model.hidden']);
  return (pass, x) => act(pass, map(pass, drop(pass, x, 0)));
}
