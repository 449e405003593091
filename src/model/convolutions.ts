import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Operator } from '../graph/operators.ts';
import { gatAttention, gatv2Attention } from '../tensor/ops/attention.ts';
import { meanHeads } from '../tensor/ops/columns.ts';
import { scaledSum } from '../tensor/ops/combine.ts';
import { add, addBias } from '../tensor/ops/elementwise.ts';
import { rowDots } from '../tensor/ops/rowDots.ts';
import { densify } from '../tensor/ops/sparse.ts';
import { spmax } from '../tensor/ops/spmax.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';
import { constant, glorot } from './init.ts';
import { atLevel, type Layer, linear, normalization, project } from './layers.ts';
import { isSparse, type Pass, type Rows } from './model.ts';
import type { Declarations } from './parameters.ts';

/** Graph convolutions: from the rows of one level to those of the next. Parameters are named as in PyTorch Geometric. */
export type Convolution = (pass: Pass, x: Rows, hop: number) => Value;

export interface ConvolutionShape {
  readonly from: number;
  readonly to: number;
  /** It makes the logits. */
  readonly last: boolean;
  /** The model's. */
  readonly act: Layer;
  readonly config: Config;
}

interface ConvolutionKind {
  operator(config: Config): Operator;
  build(p: Declarations, name: string, shape: ConvolutionShape): Convolution;
}

/** Â·X·W + b (Kipf and Welling, ICLR 2017, arXiv 1609.02907). */
const gcn: ConvolutionKind = {
  operator: () => 'gcn',
  build(p, name, { from, to }) {
    const weight = p.weight(`${name}.lin.weight`, from, to, glorot(from, to), 'convolution');
    const bias = p.vector(`${name}.bias`, to, constant(0), { role: 'convolution' });
    return (pass, x, hop) => {
      const h = project(pass, x, weight);
      return addBias(pass.g, spmm(pass.g, pass.inputs.blocks[hop], h, `Â·(${h.name})`), bias);
    };
  },
};

/** aggregate(neighbours)·W_l + b + x·W_r (Hamilton, Ying and Leskovec, NeurIPS 2017, arXiv 1706.02216). */
const sage: ConvolutionKind = {
  operator: (config) => (config['model.aggregation'] === 'max' ? 'neighbours' : config['model.aggregation']),
  build(p, name, { from, to, config }) {
    const neighbours = linear(p, `${name}.lin_l`, from, to, { role: 'convolution' });
    const own = linear(p, `${name}.lin_r`, from, to, { bias: null, role: 'convolution' });
    const largest = config['model.aggregation'] === 'max';
    return (pass, x, hop) => {
      const { g, inputs } = pass;
      const block = inputs.blocks[hop];
      const aggregated = largest
        ? neighbours(pass, spmax(g, block, isSparse(x) ? densify(g, x) : x))
        : neighbours(pass, x, (h) => spmm(g, block, h));
      const self = isSparse(x) ? atLevel(pass, own(pass, x), hop + 1) : own(pass, atLevel(pass, x, hop + 1));
      return add(g, aggregated, self);
    };
  },
};

/** MLP((1 + ε)·x + Σ neighbours), the MLP of two layers (Xu et al., ICLR 2019, arXiv 1810.00826). */
const gin: ConvolutionKind = {
  operator: () => 'sum',
  build(p, name, { from, to, act, config }) {
    const eps = config['model.learnEps'] ? p.vector(`${name}.eps`, 1, constant(0), { role: 'convolution' }) : null;
    const first = linear(p, `${name}.nn.lins.0`, from, to, { role: 'convolution' });
    const norm = normalization(p, config['model.norm'], `${name}.nn.norms.0`, to);
    const second = linear(p, `${name}.nn.lins.1`, to, to, { role: 'convolution' });
    return (pass, x, hop) => {
      const { g, inputs } = pass;
      const gather = (h: Value) => {
        const neighbours = spmm(g, inputs.blocks[hop], h);
        const own = atLevel(pass, h, hop + 1);
        return eps ? scaledSum(g, own, eps, neighbours) : add(g, own, neighbours);
      };
      return second(pass, act(pass, norm(pass, first(pass, x, gather))));
    };
  },
};

/** Slope of the LeakyReLU before the softmax. */
const NEGATIVE_SLOPE = 0.2;

/** How the width of an attention layer is shared out among its heads: side by side, or as their mean. */
function headsOf({ to, last, config }: ConvolutionShape): { heads: number; channels: number; concat: boolean } {
  const heads = last ? config['model.outputHeads'] : config['model.heads'];
  const concat = config['model.concat'] && !last;
  if (concat && to % heads !== 0) {
    throw new InputError(
      `model.heads is ${heads}, which does not divide the width ${to}: choose a multiple for model.hidden.`,
    );
  }
  return { heads, channels: concat ? to / heads : to, concat };
}

/** What both kinds of attention do with what comes out of the heads. */
function joinHeads(p: Declarations, name: string, { to }: ConvolutionShape, heads: number, concat: boolean) {
  const bias = p.vector(`${name}.bias`, to, constant(0), { role: 'convolution' });
  return ({ g }: Pass, out: Value) => addBias(g, concat ? out : meanHeads(g, out, heads), bias);
}

/** What both kinds of attention ask of the op. */
function attentionOptions({ inputs, mode }: Pass, hop: number, heads: number, config: Config) {
  const dropped = mode.training && config['model.attentionDropout'] > 0;
  return { heads, negativeSlope: NEGATIVE_SLOPE, dropout: dropped ? { ids: inputs.ids[hop] } : null };
}

/** Attention from a_s·W·x_j + a_t·W·x_i (Veličković et al., ICLR 2018, arXiv 1710.10903). */
const gat: ConvolutionKind = {
  operator: () => 'attention',
  build(p, name, shape) {
    const { heads, channels, concat } = headsOf(shape);
    const width = heads * channels;
    const weight = p.weight(`${name}.lin.weight`, shape.from, width, glorot(shape.from, width), 'convolution');
    const attention = (end: 'src' | 'dst') =>
      p.vector(`${name}.att_${end}`, width, glorot(heads, channels), {
        role: 'convolution',
        shape: [1, heads, channels],
      });
    const [source, target] = [attention('src'), attention('dst')];
    const join = joinHeads(p, name, shape, heads, concat);
    return (pass, x, hop) => {
      const { g, inputs } = pass;
      const h = project(pass, x, weight);
      const ofSource = rowDots(g, h, source, heads);
      const ofTarget = rowDots(g, atLevel(pass, h, hop + 1), target, heads);
      const options = attentionOptions(pass, hop, heads, shape.config);
      return join(pass, gatAttention(g, inputs.blocks[hop], h, ofSource, ofTarget, options));
    };
  },
};

/** Attention from a·LeakyReLU(W_l·x_j + W_r·x_i) (Brody, Alon and Yahav, ICLR 2022, arXiv 2105.14491). */
const gatv2: ConvolutionKind = {
  operator: () => 'attention',
  build(p, name, shape) {
    const { heads, channels, concat } = headsOf(shape);
    const width = heads * channels;
    const initial = glorot(shape.from, width);
    const half = (side: 'l' | 'r') =>
      linear(p, `${name}.lin_${side}`, shape.from, width, { initial, bias: constant(0), role: 'convolution' });
    const [ofSource, ofTarget] = [half('l'), half('r')];
    const attention = p.vector(`${name}.att`, width, glorot(heads, channels), {
      role: 'convolution',
      shape: [1, heads, channels],
    });
    const join = joinHeads(p, name, shape, heads, concat);
    return (pass, x, hop) => {
      const { g, inputs } = pass;
      const source = ofSource(pass, x);
      const target = isSparse(x)
        ? atLevel(pass, ofTarget(pass, x), hop + 1)
        : ofTarget(pass, atLevel(pass, x, hop + 1));
      const options = attentionOptions(pass, hop, heads, shape.config);
      return join(pass, gatv2Attention(g, inputs.blocks[hop], source, target, attention, options));
    };
  },
};

export const CONVOLUTIONS = { gcn, sage, gin, gat, gatv2 } as const satisfies Record<string, ConvolutionKind>;
export type ConvolutionName = keyof typeof CONVOLUTIONS;
