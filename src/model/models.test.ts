import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { DEFAULTS, SCHEMA } from '../config/schema.ts';
import { input, newGraph } from '../tensor/graph.ts';
import { sparseHalf } from '../tensor/ops/sparse.ts';
import { logitsOf } from './model.ts';
import { modelOf } from './models.ts';
import { declarations } from './parameters.ts';

/** Names and shapes of the parameters, which are those of PyTorch Geometric. */

function parametersOf(changes: Partial<Config>): string[] {
  const config = { ...DEFAULTS, 'model.hidden': 6, ...changes };
  const p = declarations(newGraph());
  modelOf(config).build(p, { features: 11, classes: 3, config });
  return [...p.parameters, ...p.buffers].map(({ value, shape }) => `${value.name} ${shape.join('×')}`);
}

const CASES: [string, Partial<Config>, string[]][] = [
  ['gcn', {}, ['convs.0.lin.weight 6×11', 'convs.0.bias 6', 'convs.1.lin.weight 3×6', 'convs.1.bias 3']],
  [
    'sage',
    { 'model.kind': 'sage', 'model.layers': 1 },
    ['convs.0.lin_l.weight 3×11', 'convs.0.lin_l.bias 3', 'convs.0.lin_r.weight 3×11'],
  ],
  [
    'gin',
    { 'model.kind': 'gin', 'model.layers': 1 },
    [
      'convs.0.eps 1',
      'convs.0.nn.lins.0.weight 3×11',
      'convs.0.nn.lins.0.bias 3',
      'convs.0.nn.lins.1.weight 3×3',
      'convs.0.nn.lins.1.bias 3',
    ],
  ],
  [
    'gat',
    { 'model.kind': 'gat', 'model.heads': 2 },
    [
      'convs.0.lin.weight 6×11',
      'convs.0.att_src 1×2×3',
      'convs.0.att_dst 1×2×3',
      'convs.0.bias 6',
      'convs.1.lin.weight 3×6',
      'convs.1.att_src 1×1×3',
      'convs.1.att_dst 1×1×3',
      'convs.1.bias 3',
    ],
  ],
  [
    'gatv2',
    { 'model.kind': 'gatv2', 'model.layers': 1, 'model.outputHeads': 2 },
    [
      'convs.0.lin_l.weight 6×11',
      'convs.0.lin_l.bias 6',
      'convs.0.lin_r.weight 6×11',
      'convs.0.lin_r.bias 6',
      'convs.0.att 1×2×3',
      'convs.0.bias 3',
    ],
  ],
  ['sgc', { 'model.kind': 'sgc' }, ['conv1.lin.weight 3×11', 'conv1.lin.bias 3']],
  ['appnp', { 'model.kind': 'appnp' }, ['lin1.weight 6×11', 'lin1.bias 6', 'lin2.weight 3×6', 'lin2.bias 3']],
  [
    'gcn2',
    { 'model.kind': 'gcn2' },
    [
      'lins.0.weight 6×11',
      'lins.0.bias 6',
      'convs.0.weight1 6×6',
      'convs.1.weight1 6×6',
      'lins.1.weight 3×6',
      'lins.1.bias 3',
    ],
  ],
  [
    'batch norm, PReLU and jumping knowledge',
    { 'model.norm': 'batch', 'model.activation': 'prelu', 'model.jumpingKnowledge': 'cat', 'model.layers': 1 },
    [
      'act.weight 1',
      'convs.0.lin.weight 6×11',
      'convs.0.bias 6',
      'norms.0.module.weight 6',
      'norms.0.module.bias 6',
      'lin.weight 3×6',
      'lin.bias 3',
      'norms.0.module.running_mean 6',
      'norms.0.module.running_var 6',
    ],
  ],
];

describe('parameters', () => {
  test.each(CASES)('%s', (_, changes, expected) => {
    expect(parametersOf(changes)).toEqual(expected);
  });

  test.each(SCHEMA['model.kind'].values)('%s: no two have one name, whatever is switched on', (kind) => {
    for (const block of SCHEMA['model.block'].values) {
      for (const jump of SCHEMA['model.jumpingKnowledge'].values) {
        const changes = { 'model.kind': kind, 'model.block': block, 'model.jumpingKnowledge': jump } as const;
        const names = parametersOf({
          ...changes,
          'model.layers': 3,
          'model.heads': 2,
          'model.norm': 'batch',
          'model.activation': 'prelu',
          'model.inputLayer': true,
        });
        expect(new Set(names.map((name) => name.split(' ')[0])).size).toBe(names.length);
      }
    }
  });

  test('heads that do not divide the width are refused', () => {
    expect(() => parametersOf({ 'model.kind': 'gat', 'model.heads': 4 })).toThrow(/model\.heads is 4/);
  });
});

test('the values of a deep model have short names, although each is named after its inputs', () => {
  const config = { ...DEFAULTS, 'model.kind': 'gcn2', 'model.layers': 16, 'model.hidden': 6 } as const;
  const g = newGraph();
  const features = input(g, 'features', 'features', 'f32', 20, 11, 'padded');
  const half = sparseHalf(g, 'graph', 'graph', 20, 20, true);
  const blocks = Array.from({ length: 16 }, () => ({ forward: half, backward: half, positions: null }));
  const mode = { training: true, dropout: true, inputDropout: true };
  const forward = modelOf(config).build(declarations(g), { features: 11, classes: 3, config });
  logitsOf(forward({ g, inputs: { features, blocks, ids: new Array(17).fill(null) }, mode }));
  expect(Math.max(...g.values.map(({ name }) => name.length))).toBeLessThanOrEqual(80);
  expect(g.values.length).toBeGreaterThan(100);
});
