import type { Config } from '../config/schema.ts';
import { concatColumns } from '../tensor/ops/columns.ts';
import { add } from '../tensor/ops/elementwise.ts';
import { maxOf } from '../tensor/ops/maximum.ts';
import type { Value } from '../tensor/value.ts';
import { CONVOLUTIONS, type Convolution, type ConvolutionName } from './convolutions.ts';
import { constant, glorot } from './init.ts';
import { activation, atLevel, drop, inputLayer, linear, normalization } from './layers.ts';
import { type Forward, isSparse, type Model, type ModelShape, type Pass, type Rows } from './model.ts';
import type { Declarations } from './parameters.ts';

/**
 * A stack of convolutions, as PyTorch Geometric's BasicGNN: dropout → convolution → norm → activation, with none of the latter
 * two after the last layer unless jumping knowledge follows it. Without a convolution it is the multilayer perceptron
 * (torch_geometric.nn.models.MLP): what it lacks against the others is what the graph is worth.
 */
export function stack(
  kind: ConvolutionName | 'mlp',
  config: Config,
  nameOf = LAYER_NAME[kind === 'mlp' ? 'mlp' : 'convolution'],
): Model {
  return {
    operator: kind === 'mlp' ? null : CONVOLUTIONS[kind].operator(config),
    hops: kind === 'mlp' ? 0 : config['model.layers'],
    hidden: hiddenLayers(config).map((layer) => (kind === 'mlp' ? 0 : layer)),
    build: (p, shape) => build(kind, p, shape, nameOf),
  };
}

/** The layers whose outputs are hidden, 0 for the input layer; jumping knowledge takes the place of the last one. */
function hiddenLayers(config: Config): number[] {
  const first = config['model.inputLayer'] ? 0 : 1;
  const last = config['model.layers'] - (config['model.jumpingKnowledge'] === 'none' ? 1 : 0);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const LAYER_NAME = { mlp: (i: number) => `lins.${i}`, convolution: (i: number) => `convs.${i}` };

/** Starts as a GCN does, so that the graph is all that it lacks. */
function perceptronLayer(p: Declarations, name: string, from: number, to: number): Convolution {
  const map = linear(p, name, from, to, { initial: glorot(from, to), bias: constant(0) });
  return (pass, x) => map(pass, x);
}

function build(
  kind: ConvolutionName | 'mlp',
  p: Declarations,
  shape: ModelShape,
  nameOf: (layer: number) => string,
): Forward {
  const { features, classes, config } = shape;
  const { 'model.layers': layers, 'model.hidden': hidden } = config;
  const jump = config['model.jumpingKnowledge'];
  const convolution = kind !== 'mlp';
  const act = activation(p, config);
  const enter = config['model.inputLayer'] ? inputLayer(p, 'lin_in', shape, act) : null;
  const list = Array.from({ length: layers }, (_, i) => {
    p.layer = i;
    const last = i === layers - 1 && jump === 'none';
    const from = i === 0 && !enter ? features : hidden;
    const to = last ? classes : hidden;
    const apply = convolution
      ? CONVOLUTIONS[kind].build(p, nameOf(i), { from, to, last, act, config })
      : perceptronLayer(p, nameOf(i), from, to);
    const norm = last ? null : normalization(p, config['model.norm'], `norms.${i}`, to);
    return { apply, norm, residual: config['model.residual'] && from === to };
  });
  const leave = jump === 'none' ? null : linear(p, 'lin', jump === 'cat' ? layers * hidden : hidden, classes);

  return function* (pass: Pass): Generator<Value, Value> {
    const { g } = pass;
    let h: Rows = pass.inputs.features;
    if (enter) {
      h = enter(pass, h);
      yield h;
    }
    const all: Value[] = [];
    for (const [i, { apply, norm, residual }] of list.entries()) {
      g.segment++;
      const [level, next] = convolution ? [i, i + 1] : [0, 0];
      const before: Rows = h;
      let out = apply(pass, drop(pass, before, level), i);
      if (norm) out = act(pass, norm(pass, out));
      if (residual && !isSparse(before)) out = add(g, atLevel(pass, before, next), out);
      h = out;
      all.push(out);
      if (i < layers - 1) yield out;
    }
    g.segment++;
    if (!leave) return all.at(-1)!;
    const end = convolution ? layers : 0;
    const seen = all.map((value) => (convolution ? atLevel(pass, value, end) : value));
    const joined = { last: () => seen.at(-1)!, cat: () => concatColumns(g, seen), max: () => maxOf(g, seen) };
    const knowledge = joined[jump as 'last']();
    yield knowledge;
    return leave(pass, drop(pass, knowledge, end));
  };
}
