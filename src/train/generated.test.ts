import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { stochasticBlockModel } from '../graph/blockModel.ts';
import { gatherGraph } from '../graph/generated.ts';
import { train } from './session.ts';
import { CPU } from './testing/backends.ts';
import { configOf } from './testing/graphs.ts';

/**
 * Without the graph, the nearest of the four means is a poor guess; the mean of ten neighbours has a third of the
 * noise.
 */
test('a generated graph is learned partly from its features and partly from its edges', async () => {
  const settings = { name: 'blocks', nodes: 2000, classes: 4, features: 16, signal: 1, seed: 1 };
  const split = { train: 0.5, validation: 0.2 };
  const edges = { edges: 10_000, directed: false, skew: 1 };
  const accuracy = async (kind: 'mlp' | 'gcn', homophily: number) => {
    const graph = arrange(gatherGraph(stochasticBlockModel({ ...settings, ...edges, split, homophily })));
    const own = { 'data.normalizeFeatures': false, 'training.epochs': 60, 'model.hidden': 16 };
    const config = configOf({ 'model.kind': kind, ...own });
    return (await train({ graph, config, backend: CPU.backend, fit: false })).result.testAcc;
  };
  const mlp = await accuracy('mlp', 0.7);
  expect(mlp).toBeGreaterThan(0.35);
  expect(mlp).toBeLessThan(0.65);
  expect(await accuracy('gcn', 0.7)).toBeGreaterThan(mlp + 0.2);
  // Edges that join any two classes alike tell nothing, and drown what a node's own features say.
  expect(await accuracy('gcn', 0.25)).toBeLessThan(mlp);
});
