import type { Config } from '../../config/schema.ts';

/** Every kind of layer, and what goes around layers: for tests that hold for all of them. */

const SMALL = { 'model.hidden': 8, 'model.heads': 2, 'model.attentionDropout': 0.3, 'model.steps': 3 } as const;

export const KINDS: readonly (readonly [string, Partial<Config>])[] = (
  [
    ['gcn', { 'model.kind': 'gcn' }],
    ['sage, mean', { 'model.kind': 'sage', 'model.aggregation': 'mean' }],
    ['sage, sum', { 'model.kind': 'sage', 'model.aggregation': 'sum' }],
    ['sage, max', { 'model.kind': 'sage', 'model.aggregation': 'max' }],
    ['gin', { 'model.kind': 'gin' }],
    ['gat', { 'model.kind': 'gat' }],
    ['gatv2', { 'model.kind': 'gatv2' }],
    ['appnp', { 'model.kind': 'appnp' }],
    ['sgc', { 'model.kind': 'sgc' }],
    ['gcn2', { 'model.kind': 'gcn2', 'model.layers': 4 }],
    ['mlp', { 'model.kind': 'mlp' }],
  ] as const
).map(([name, changes]) => [name, { ...SMALL, ...changes }] as const);

/** Without batch norm, whose statistics are those of the nodes at hand. */
export const VARIANTS: readonly (readonly [string, Partial<Config>])[] = [
  ...KINDS.filter(([, { 'model.kind': kind }]) => kind !== 'mlp').map(
    ([name, changes]) => [`${name}: edges dropped`, { ...changes, 'model.dropEdge': 0.4 }] as const,
  ),
  [
    'gcn: layer norm, PReLU, residual, jumping knowledge cat',
    { 'model.norm': 'layer', 'model.activation': 'prelu', 'model.residual': true, 'model.jumpingKnowledge': 'cat' },
  ],
  [
    'sage: input layer, ELU, jumping knowledge max',
    {
      ...SMALL,
      'model.kind': 'sage',
      'model.inputLayer': true,
      'model.activation': 'elu',
      'model.jumpingKnowledge': 'max',
    },
  ],
  [
    'gat: heads averaged, GELU, residual, jumping knowledge last',
    {
      ...SMALL,
      'model.kind': 'gat',
      'model.concat': false,
      'model.activation': 'gelu',
      'model.residual': true,
      'model.jumpingKnowledge': 'last',
    },
  ],
  ...(['gcn', 'sage', 'gat', 'gin', 'mlp'] as const).map(
    (kind) =>
      [
        `residual blocks of ${kind}`,
        { ...SMALL, 'model.kind': kind, 'model.block': 'residual', 'model.norm': 'layer', 'model.activation': 'gelu' },
      ] as const,
  ),
];

export const BATCH_NORMS: readonly (readonly [string, Partial<Config>])[] = (
  ['gcn', 'gin', 'gatv2', 'gcn2', 'mlp'] as const
).map((kind) => [`${kind}: batch norm`, { ...SMALL, 'model.kind': kind, 'model.norm': 'batch' }] as const);
