import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { cpuExecutor } from '../device/cpu/executor.ts';
import type { Executor } from '../device/executor.ts';
import { NO_ADAPTER, testDevice } from '../device/testing/dawn.ts';
import { webgpuExecutor } from '../device/webgpu/executor.ts';
import { CONVOLUTIONS, type ConvolutionName } from '../model/convolutions.ts';
import { activation, normalization } from '../model/layers.ts';
import { logitsOf } from '../model/model.ts';
import { modelOf } from '../model/models.ts';
import type { Plan } from '../tensor/plan.ts';
import { type Build, type Reference, readReference, runReference } from './testing/pyg.ts';

/** Every layer and model against PyTorch Geometric: outputs, gradients, running statistics, to 1e-5. */

const NAMES = readdirSync(new URL('../model/reference/', import.meta.url)).map((file) =>
  file.replace('.safetensors', ''),
);

/** What the reference has and we do not offer, or is held against it elsewhere. */
const LEFT_OUT: readonly [RegExp, string][] = [
  [/_shared$/, 'one weight for both ends of an edge'],
  [/two_weights/, 'GCNII with a second weight'],
  [/^conv_(gcn2|appnp|sgc)/, 'held against it as models'],
  [/^conv_gin/, 'perceptrons of three widths; held against it as a model'],
  [/blocks_batch_norm/, 'perceptrons that are wider inside'],
  [/^(loss|optimiser|schedule|metrics)_/, 'no layers'],
  [/^(linear|jumping_knowledge|prelu$)/, 'held against it in models'],
];
const CASES = NAMES.filter((name) => !LEFT_OUT.some(([pattern]) => pattern.test(name)));

const KINDS: Readonly<Record<string, Config['model.kind']>> = {
  GCN: 'gcn',
  GraphSAGE: 'sage',
  GIN: 'gin',
  GAT: 'gat',
  MLP: 'mlp',
  Appnp: 'appnp',
  Sgc: 'sgc',
  Gcn2: 'gcn2',
};
const NORMS: Readonly<Record<string, Config['model.norm']>> = { batch_norm: 'batch', layer_norm: 'layer' };
const AGGREGATIONS: Readonly<Record<string, Config['model.aggregation']>> = { add: 'sum', sum: 'sum', max: 'max' };

/** The configuration that describes what the reference was given. */
function configOf({ kind, arguments: given }: Reference): Config {
  const heads = (given.heads as number) ?? 1;
  const blocks = kind === 'ResidualBlocks';
  const plain = given.v2 ? 'gatv2' : KINDS[kind];
  return {
    ...DEFAULTS,
    'model.kind': blocks ? (given.kind as 'gcn') : plain,
    'model.block': blocks ? 'residual' : 'plain',
    'model.layers': (given.num_layers as number) ?? 2,
    'model.hidden': given.hidden_channels as number,
    'model.activation': (given.act as 'relu') ?? (blocks ? 'gelu' : 'relu'),
    'model.norm': NORMS[given.norm as string] ?? (blocks ? 'layer' : 'none'),
    'model.jumpingKnowledge': (given.jk as 'cat') ?? 'none',
    'model.aggregation': AGGREGATIONS[given.aggr as string] ?? 'mean',
    'model.heads': heads,
    'model.outputHeads': heads,
    'model.steps': (given.K as number) ?? 2,
    'model.alpha': (given.alpha as number) ?? 0.1,
    'model.theta': (given.theta as number) ?? 0.5,
  };
}

async function resultsOf(name: string, open: (plan: Plan) => Promise<Executor>) {
  const reference = readReference(name);
  const { arguments: given, tensors } = reference;
  const width = tensors.get('x')!.shape[1];
  const [, conv] = /^conv_(gcn|sage|gatv2|gat)/.exec(name) ?? [];
  if (conv) {
    const heads = (given.heads as number) ?? 1;
    const concat = (given.concat as boolean) ?? true;
    const config = { ...configOf(reference), 'model.heads': heads, 'model.concat': concat };
    const to = (given.out_channels as number) * (concat ? heads : 1);
    const layer = CONVOLUTIONS[conv as ConvolutionName];
    const act = () => {
      throw new Error('no activation in a convolution');
    };
    const build: Build = (p) => {
      const apply = layer.build(p, '', { from: width, to, last: false, act, config });
      return (pass, x) => apply(pass, x, 0);
    };
    return { reference, results: await runReference(reference, layer.operator(config), 1, build, open) };
  }
  if (name.startsWith('model_')) {
    const config = configOf(reference);
    const model = modelOf(config);
    const classes = given.out_channels as number;
    const build: Build = (p) => {
      const forward = model.build(p, { features: width, classes, config });
      return (pass) => logitsOf(forward(pass));
    };
    return { reference, results: await runReference(reference, model.operator, model.hops, build, open, config) };
  }
  const norm = NORMS[/^(batch_norm|layer_norm)/.exec(name)?.[0] ?? ''];
  const kind = (name === 'leaky_relu' ? 'leakyRelu' : name) as Config['model.activation'];
  const build: Build = (p) =>
    norm ? normalization(p, norm, '', width) : activation(p, { ...DEFAULTS, 'model.activation': kind });
  return { reference, results: await runReference(reference, null, 0, build, open) };
}

describe.each([
  { title: 'CPU', missing: false },
  { title: 'WebGPU', missing: NO_ADAPTER !== '' },
])('$title', ({ title, missing }) => {
  // One device for all cases: each has threads of its own.
  let gpu: Awaited<ReturnType<typeof testDevice>> | null = null;
  beforeAll(async () => {
    if (title === 'WebGPU' && !missing) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());
  const open = async (plan: Plan) => (gpu ? webgpuExecutor(gpu.device, gpu.description, plan) : cpuExecutor(plan));

  test.skipIf(missing).each(CASES)('%s', async (name) => {
    const { reference, results } = await resultsOf(name, open);
    const wanted = [...reference.tensors.keys()].filter((key) => /^(out$|grad\/|after\/)/.test(key));
    expect([...results.keys()].sort()).toEqual(wanted.sort());
    // A gradient that is zero in theory (a bias before batch norm) is rounding alone: it is held against the largest one.
    const largest = Math.max(...wanted.map((key) => scaleOf(reference.tensors.get(key)!.data)));
    for (const key of wanted) {
      const expected = reference.tensors.get(key)!.data;
      const allowed = 1e-5 * (scaleOf(expected) || largest);
      results.get(key)!.forEach((value, i) => {
        expect(Math.abs(value - expected[i]), `${key}[${i}]: ${value}, not ${expected[i]}`).toBeLessThanOrEqual(
          allowed,
        );
      });
    }
  });
});

function scaleOf(data: ArrayLike<number>): number {
  return Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

test('what is left out is there', () => {
  for (const [pattern] of LEFT_OUT) expect(NAMES.some((name) => pattern.test(name))).toBe(true);
  expect(CASES.length).toBeGreaterThan(50);
});
