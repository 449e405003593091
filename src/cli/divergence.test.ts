import { expect, test } from 'vitest';
import { train } from '../train/session.ts';
import { CPU } from '../train/testing/backends.ts';
import { configOf, testGraph } from '../train/testing/graphs.ts';
import { divergence } from './divergence.ts';

const curve = (losses: readonly number[]) => losses.map((trainLoss, i) => ({ epoch: i + 1, trainLoss }));

test('a loss that ends as no number says since when, and what to change', () => {
  const { NaN: not, POSITIVE_INFINITY: infinite } = Number;
  expect(divergence(curve([1, 0.5]), configOf())).toEqual([]);
  expect(divergence(curve([1, not, 0.5]), configOf())).toEqual([]);
  expect(divergence(curve([1, not, 0.5, infinite, not]), configOf())).toEqual([
    'the loss is not a number from epoch 4 on: lower training.lr',
  ]);
});

test('a forward pass that overflows half precision, step after step', async () => {
  const given = testGraph();
  const { features } = given;
  const graph = {
    ...given,
    features: { ...features, values: features.values!.map((x) => 60_000 * Math.sign(x)) } as never,
  };
  const run = async (precision: 'f16' | 'f32') => {
    const config = configOf({ 'compute.precision': precision, 'data.normalizeFeatures': false });
    const { epochs } = await train({ graph, config, backend: CPU.backend, fit: false });
    return divergence(epochs, config);
  };
  expect(await run('f32')).toEqual([]);
  expect(await run('f16')).toEqual([
    expect.stringMatching(/not a number from epoch 1 on: .*65504.*compute\.precision=f32$/),
  ]);
});
