import type { Config } from '../config/schema.ts';
import { concatColumns } from '../tensor/ops/columns.ts';
import { add } from '../tensor/ops/elementwise.ts';
import { spmax } from '../tensor/ops/spmax.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';
import { CONVOLUTIONS, type ConvolutionName } from './convolutions.ts';
import { activation, atLevel, drop, inputLayer, type Layer, linear, normalization } from './layers.ts';
import type { Forward, Model, ModelShape, Pass } from './model.ts';
import type { Declarations } from './parameters.ts';

/**
 * The model of the heterophilous benchmark: input layer, then `model.layers` residual blocks x + MLP(convolution(norm(x))), then
 * norm and an output layer (Platonov et al., ICLR 2023, arXiv 2302.11640; their models.py and modules.py). What a GCN gathers has
 * no weight of its own there; GraphSAGE puts the node's own row beside the mean of its neighbours. Attention and GIN come
 * with the weights of their convolutions.
 */
export function residualBlocks(kind: ConvolutionName | 'mlp', config: Config): Model {
  return {
    operator: kind === 'mlp' ? null : CONVOLUTIONS[kind].operator(config),
    hops: kind === 'mlp' ? 0 : config['model.layers'],
    // Of the input layer and of each block, the last one's normalised.
    hidden: Array.from({ length: config['model.layers'] + 1 }, (_, block) => (kind === 'mlp' ? 0 : block)),
    build: (p, shape) => build(kind, p, shape),
  };
}

function build(kind: ConvolutionName | 'mlp', p: Declarations, shape: ModelShape): Forward {
  const { classes, config } = shape;
  const hidden = config['model.hidden'];
  const act = activation(p, config);
  const enter = inputLayer(p, 'input_linear', shape, act);
  const blocks = Array.from({ length: config['model.layers'] }, (_, i) => {
    p.layer = i;
    const name = `residual_modules.${i}`;
    const norm = normalization(p, config['model.norm'], `${name}.normalization`, hidden, '');
    const gather = gatherer(kind, p, `${name}.module`, act, config);
    const wide = kind === 'sage' ? 2 * hidden : hidden;
    const feedForward = perceptron(p, `${name}.module.feed_forward_module`, wide, act, config);
    return (pass: Pass, x: Value, hop: number) => {
      pass.g.segment++;
      const level = kind === 'mlp' ? 0 : hop + 1;
      const inner = feedForward(pass, gather(pass, norm(pass, x), hop), level);
      return add(pass.g, atLevel(pass, x, level), inner);
    };
  });
  const norm = normalization(p, config['model.norm'], 'output_normalization', hidden, '');
  const leave = linear(p, 'output_linear', hidden, classes);
  return function* (pass) {
    let x = enter(pass, pass.inputs.features);
    for (const [hop, block] of blocks.entries()) {
      yield x;
      x = block(pass, x, hop);
    }
    pass.g.segment++;
    x = norm(pass, x);
    yield x;
    return leave(pass, x);
  };
}

type Gather = (pass: Pass, x: Value, hop: number) => Value;

/** What a block takes from the neighbours, before its perceptron. */
function gatherer(kind: ConvolutionName | 'mlp', p: Declarations, name: string, act: Layer, config: Config): Gather {
  const hidden = config['model.hidden'];
  if (kind === 'mlp') return (_pass, x) => x;
  if (kind === 'gcn') return ({ g, inputs }, x, hop) => spmm(g, inputs.blocks[hop], x, `Â·(${x.name})`);
  if (kind === 'sage') {
    const gathered = config['model.aggregation'] === 'max' ? spmax : spmm;
    return (pass, x, hop) => {
      const { g, inputs } = pass;
      return concatColumns(g, [atLevel(pass, x, hop + 1), gathered(g, inputs.blocks[hop], x)]);
    };
  }
  const shape = { from: hidden, to: hidden, last: false, act, config };
  return CONVOLUTIONS[kind].build(p, `${name}.conv`, shape);
}

/** linear → dropout → activation → linear → dropout. */
function perceptron(p: Declarations, name: string, from: number, act: Layer, config: Config) {
  const hidden = config['model.hidden'];
  const first = linear(p, `${name}.linear_1`, from, hidden);
  const second = linear(p, `${name}.linear_2`, hidden, hidden);
  return (pass: Pass, x: Value, level: number): Value => {
    const inner = act(pass, drop(pass, first(pass, x), level));
    return drop(pass, second(pass, inner), level);
  };
}
