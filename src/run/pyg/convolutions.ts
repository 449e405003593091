import type { Config } from '../../config/schema.ts';
import { samples, usesDegrees } from './source.ts';

/** Python expressions that make layers. Widths are names of constants, or products of them. */

export const ACTIVATIONS: Readonly<Record<Config['model.activation'], (x: string) => string>> = {
  relu: (x) => `${x}.relu()`,
  elu: (x) => `F.elu(${x})`,
  leakyRelu: (x) => `F.leaky_relu(${x})`,
  prelu: (x) => `self.act(${x})`,
  gelu: (x) => `F.gelu(${x})`,
};

/** What torch_geometric.nn.MLP calls them; PReLU is the model's own module. */
const ACTIVATION_NAMES: Readonly<Record<Config['model.activation'], string>> = {
  relu: "'relu'",
  elu: "'elu'",
  leakyRelu: "'leaky_relu'",
  prelu: 'self.act',
  gelu: "'gelu'",
};

const MLP_NORMS: Readonly<Record<Config['model.norm'], string>> = {
  none: 'norm=None',
  batch: "norm='batch_norm'",
  layer: "norm='layer_norm', norm_kwargs={'mode': 'node'}",
};

/** Layer norm is over the features of each node, as with mode='node' in PyTorch Geometric. */
export const NORMS: Readonly<Record<Exclude<Config['model.norm'], 'none'>, string>> = {
  batch: 'torch.nn.BatchNorm1d(HIDDEN)',
  layer: 'torch.nn.LayerNorm(HIDDEN)',
};

interface LayerShape {
  readonly from: string;
  readonly to: string;
  /** It makes the logits. */
  readonly last: boolean;
  readonly config: Config;
}

/** Convolutions that make their matrix themselves, unless `normalised` hands it over. */
export function given(config: Config): string {
  return usesDegrees(config) && samples(config) ? ', normalize=False' : '';
}

function attention(layer: 'GATConv' | 'GATv2Conv') {
  return ({ from, to, last, config }: LayerShape) => {
    const dropout = config['model.attentionDropout'] > 0 ? ', dropout=ATTENTION_DROPOUT' : '';
    if (last) return `${layer}(${from}, ${to}, heads=OUTPUT_HEADS, concat=False${dropout})`;
    const concat = config['model.concat'];
    return `${layer}(${from}, ${to}${concat ? ' // HEADS, heads=HEADS' : ', heads=HEADS, concat=False'}${dropout})`;
  };
}

/** By model.kind, for those that are stacked. A perceptron starts as a GCN does, so that the graph is all that it lacks. */
export const CONVOLUTIONS = {
  gcn: ({ from, to, config }: LayerShape) => `GCNConv(${from}, ${to}${given(config)})`,
  sage: ({ from, to, config }: LayerShape) => {
    const aggregation = config['model.aggregation'];
    return `SAGEConv(${from}, ${to}${aggregation === 'mean' ? '' : `, aggr='${aggregation}'`})`;
  },
  gin: ({ from, to, config }: LayerShape) => {
    const [act, norm] = [ACTIVATION_NAMES[config['model.activation']], MLP_NORMS[config['model.norm']]];
    const eps = config['model.learnEps'] ? ', train_eps=True' : '';
    return `GINConv(MLP([${from}, ${to}, ${to}], act=${act}, ${norm})${eps})`;
  },
  gat: attention('GATConv'),
  gatv2: attention('GATv2Conv'),
  mlp: ({ from, to }: LayerShape) => `Linear(${from}, ${to}, weight_initializer='glorot', bias_initializer='zeros')`,
} as const;

export type Stacked = keyof typeof CONVOLUTIONS;
