import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { graphOperator, type Operator } from '../graph/operators.ts';
import { modelOf } from '../model/models.ts';
import type { Weights } from '../model/stored.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { evaluateNodes, type NodeValues } from './hiddenValues.ts';
import { train } from './session.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { distance } from './testing/compare.ts';
import { configOf, ONE_BATCH, SAMPLED, testGraph } from './testing/graphs.ts';
import { KINDS, VARIANTS } from './testing/models.ts';

/** What hidden layers put out: the same however the graph passes through, and what the last layer makes the logits of. */

const graph = testGraph({ weighted: true });
const layersOf = (config: Config) => modelOf(config).hidden.map((_, layer) => layer);

async function trained(config: Config, backend = CPU.backend) {
  const job = { graph, config, backend, fit: false };
  return { ...job, weights: (await train(job)).weights };
}

describe.each(BACKENDS)('every layer on $title', ({ backend, missing }) => {
  test.skipIf(missing).each([...KINDS, ...VARIANTS])('%s', async (_, changes) => {
    const config = configOf({ 'model.layers': 3, 'training.epochs': 1, ...changes });
    const job = await trained(config, backend);
    for (const layer of layersOf(config)) {
      const full = await evaluateNodes(job, layer);
      expect(full.cols).toBe(
        config['model.jumpingKnowledge'] === 'cat' && layer === layersOf(config).length - 1 ? 24 : 8,
      );
      expect(full.values.some((value) => value !== 0)).toBe(true);
      for (const other of [{ 'evaluation.strategy': 'layerwise', 'evaluation.batchSize': 17 }, ONE_BATCH] as const) {
        const values = await evaluateNodes({ ...job, config: { ...config, ...other } }, layer);
        expect(distance(values.values, full.values)).toBeLessThan(1e-5);
        expectForecast(values);
      }
      expectForecast(full);
    }
  });
});

function expectForecast({ memory: { forecast, peak } }: NodeValues): void {
  expect(peak.gpu).toBe(forecast.gpu);
  expect(peak.host).toBeLessThanOrEqual(forecast.host);
  // A bound that is not idle.
  expect(peak.host).toBeGreaterThan(0.4 * forecast.host);
}

/** In doubles, from the definitions of the layers. */
type Rows = number[][];
const rowsOf = (values: ArrayLike<number>, cols: number): Rows =>
  Array.from({ length: values.length / cols }, (_, i) => Array.from({ length: cols }, (_, c) => values[i * cols + c]));
const plus = (a: readonly number[], b: readonly number[]) => a.map((x, c) => x + b[c]);
const times = (factor: number, row: readonly number[]) => row.map((x) => factor * x);
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, c) => sum + x * b[c], 0);

function layersByHand(weights: ReadonlyMap<string, Weights>) {
  const vector = (name: string) => Array.from(weights.get(name)!.data);
  const matrix = (name: string) => rowsOf(weights.get(name)!.data, weights.get(name)!.shape[1]);
  /** PyTorch stores a weight as out × in. */
  const map = (h: Rows, name: string) => h.map((row) => matrix(name).map((column) => dot(row, column)));
  const offset = (h: Rows, name: string) => h.map((row) => plus(row, vector(name)));
  return { vector, map, offset };
}

/** Entries of each row of what a model aggregates with. */
function entriesOf(operator: Operator): { readonly node: number; readonly weight: number }[][] {
  const { indptr, indices, values } = graphOperator(operator, graph.adjacency);
  return Array.from({ length: graph.nodes }, (_, v) =>
    Array.from(indices.subarray(indptr[v], indptr[v + 1]), (node, e) => ({
      node,
      weight: values?.[indptr[v] + e] ?? 1,
    })),
  );
}

function gather(operator: Operator, h: Rows): Rows {
  const zero = new Array(h[0].length).fill(0);
  return entriesOf(operator).map((row) =>
    row.reduce((sum, { node, weight }) => plus(sum, times(weight, h[node])), zero),
  );
}

type LastLayer = (h: Rows, by: ReturnType<typeof layersByHand>, config: Config) => Rows;

const LAST: Readonly<Record<string, readonly [Partial<Config>, LastLayer]>> = {
  gcn: [{}, (h, { map, offset }) => offset(gather('gcn', map(h, 'convs.1.lin.weight')), 'convs.1.bias')],
  sage: [
    { 'model.aggregation': 'mean' },
    (h, { map, offset }) => {
      const own = map(h, 'convs.1.lin_r.weight');
      return offset(gather('mean', map(h, 'convs.1.lin_l.weight')), 'convs.1.lin_l.bias').map((row, v) =>
        plus(row, own[v]),
      );
    },
  ],
  gat: [
    { 'model.heads': 2 },
    (h, { map, offset, vector }) => {
      const x = map(h, 'convs.1.lin.weight');
      const [source, target] = ['src', 'dst'].map((end) => vector(`convs.1.att_${end}`));
      const rows = entriesOf('attention').map((entries, v) => {
        const scores = entries.map(({ node }) => dot(x[node], source) + dot(x[v], target));
        const powers = scores.map((score) => Math.exp(score > 0 ? score : 0.2 * score));
        const sum = powers.reduce((a, b) => a + b);
        const zero = new Array(x[0].length).fill(0);
        return entries.reduce((out, { node }, e) => plus(out, times(powers[e] / sum, x[node])), zero);
      });
      return offset(rows, 'convs.1.bias');
    },
  ],
  appnp: [
    { 'model.steps': 3 },
    (h, { map, offset }, config) => {
      const first = offset(map(h, 'lin2.weight'), 'lin2.bias');
      const alpha = config['model.alpha'];
      let z = first;
      for (let step = 0; step < 3; step++) {
        z = gather('gcn', z).map((row, v) => plus(times(1 - alpha, row), times(alpha, first[v])));
      }
      return z;
    },
  ],
  gcn2: [{}, (h, { map, offset }) => offset(map(h, 'lins.1.weight'), 'lins.1.bias')],
  mlp: [{}, (h, { map, offset }) => offset(map(h, 'lins.1.weight'), 'lins.1.bias')],
};

test.each(Object.entries(LAST))(
  'the last layer of %s makes the logits of the embedding',
  async (kind, [changes, last]) => {
    const config = configOf({ ...changes, 'model.kind': kind as Config['model.kind'] });
    const job = await trained(config);
    const embedding = await evaluateNodes(job, layersOf(config).at(-1));
    const logits = await evaluateNodes(job);
    const made = last(rowsOf(embedding.values, embedding.cols), layersByHand(job.weights), config);
    expect(logits.cols).toBe(4);
    expect(distance(made.flat(), logits.values)).toBeLessThan(1e-4);
  },
);

test('a layer samples only the hops that it has seen, so it may be far smaller than the logits', async () => {
  const config = configOf({ ...SAMPLED, 'model.layers': 3, 'training.epochs': 1 });
  const job = await trained(config);
  const hosts = [];
  for (const layer of [...layersOf(config), undefined])
    hosts.push((await evaluateNodes(job, layer)).memory.forecast.host);
  expect(modelOf(config).hidden).toEqual([1, 2]);
  expect(hosts).toEqual(hosts.toSorted((a, b) => a - b));
  expect(hosts[0]).toBeLessThan(hosts[2]);
});

test('of a graph in a store the bits are those of one in memory', async () => {
  const store = memoryStore();
  await ingest(graph, store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  for (const strategy of ['neighbor', 'layerwise'] as const) {
    const config = configOf({ ...SAMPLED, 'evaluation.strategy': strategy });
    const job = await trained(config);
    const { values } = await evaluateNodes({ ...job, graph: outline, store }, 0);
    expect(values).toEqual((await evaluateNodes(job, 0)).values);
  }
});

test('a model of one layer has none that is hidden, and says so', async () => {
  for (const changes of [{ 'model.layers': 1 }, { 'model.kind': 'sgc' }] as const) {
    const job = await trained(configOf(changes));
    await expect(evaluateNodes(job, 0)).rejects.toThrow('This model has 0 hidden layers');
  }
});
