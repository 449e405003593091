import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { applyEdits, rowOf } from '../graph/edits.ts';
import type { Graph } from '../graph/graph.ts';
import type { Weights } from '../model/stored.ts';
import { attentionOf, type NodeAttention } from './attentionWeights.ts';
import { type Opinion, opinionOf } from './opinion.ts';
import { predict, train } from './session.ts';
import { BACKENDS, CPU, WEBGPU } from './testing/backends.ts';
import { distance } from './testing/compare.ts';
import { configOf, graphData, SAMPLED, testGraph } from './testing/graphs.ts';
import { KINDS } from './testing/models.ts';
import { readReference } from './testing/pyg.ts';

/** What trained weights say of a graph that was edited, and where attention goes. */

const ask = (graph: Graph, config: Config, weights: ReadonlyMap<string, Weights>): Promise<Opinion> =>
  opinionOf({ graph, config, weights, backend: CPU.backend, software: false });

describe.each(KINDS)('%s', (_, changes) => {
  test('the opinion of an edited graph is the prediction for that graph made from scratch', async () => {
    const data = graphData();
    const graph = arrange(data);
    const config = configOf({ ...changes, 'training.epochs': 2, 'model.dropEdge': 0 });
    const { weights } = await train({ graph, config, backend: CPU.backend, fit: false });
    const node = 115;
    const edited = applyEdits(graph, [
      { kind: 'addEdge', from: 5, to: node },
      { kind: 'setFeature', node: 5, column: 3, value: 2 },
    ]);
    const values = (data.features as { values: Float32Array }).values.slice();
    values[5 * graph.features.cols + 3] = 2;
    const scratch = arrange({
      ...data,
      source: Uint32Array.of(...data.source, 5),
      target: Uint32Array.of(...data.target, node),
      features: { ...data.features!, values } as typeof data.features,
    });
    const { predictions } = await ask(edited, config, weights);
    const wanted = await predict({ graph: scratch, config, weights, backend: CPU.backend, fit: false });
    const got = softmax(predictions.logits, graph.classNames.length);
    expect(distance(got, wanted.probabilities)).toBeLessThan(1e-5);
    // The edit says something: a node that had no neighbours has one now, which only a perceptron does not see.
    const asItIs = await ask(graph, config, weights);
    const row = (opinion: Opinion, v: number) => opinion.predictions.logits.subarray(4 * v, 4 * v + 4);
    const moved = distance(row(asItIs, node), row({ ...asItIs, predictions }, node));
    if (config['model.kind'] === 'mlp') expect(moved).toBe(0);
    else expect(moved).toBeGreaterThan(1e-3);
  });
});

function softmax(logits: Float32Array, cols: number): Float64Array {
  const out = Float64Array.from(logits, Math.exp);
  for (let i = 0; i < out.length; i += cols) {
    const sum = out.subarray(i, i + cols).reduce((a, b) => a + b);
    for (let c = i; c < i + cols; c++) out[c] /= sum;
  }
  return out;
}

describe('attention', () => {
  /** Rows of a safetensors matrix of out × in, times x. */
  const linear = ({ shape, data }: Weights, bias: Weights | undefined, x: Float64Array) =>
    Float64Array.from({ length: shape[0] }, (_, o) =>
      x.reduce((sum, value, i) => sum + value * data[o * shape[1] + i], bias?.data[o] ?? 0),
    );

  /** Logits of every node, from the coefficients of its attention, in float64: the models of the reference, three layers with ReLU. */
  function rebuilt(
    weights: ReadonlyMap<string, Weights>,
    x: Float64Array[],
    attention: NodeAttention[],
  ): Float64Array[] {
    return attention[0].layers.reduce((rows, { heads }, layer, all) => {
      const last = layer === all.length - 1;
      const of = (name: string) => weights.get(`convs.${layer}.${name}`);
      const [weight, offset] = of('lin.weight')
        ? [of('lin.weight')!, undefined]
        : [of('lin_l.weight')!, of('lin_l.bias')];
      const projected = rows.map((row) => linear(weight, offset, row));
      const bias = of('bias')!.data;
      const channels = projected[0].length / heads;
      return attention.map(({ sources, layers }) => {
        const out = new Float64Array(bias.length);
        for (let head = 0; head < heads; head++) {
          for (const [i, source] of sources.entries()) {
            const alpha = layers[layer].weights[i * heads + head];
            for (let c = 0; c < channels; c++) {
              // The last layer takes the mean of its heads.
              const at = last ? c : head * channels + c;
              out[at] += (alpha * projected[source][head * channels + c]) / (last ? heads : 1);
            }
          }
        }
        return out.map((value, c) => (last ? value + bias[c] : Math.max(0, value + bias[c])));
      });
    }, x);
  }

  test.each(['model_gat', 'model_gatv2', 'model_gat_directed'])(
    'its coefficients sum to 1 and give the logits of PyTorch Geometric: %s',
    async (name) => {
      const { tensors, arguments: given } = readReference(name);
      const { shape, data } = tensors.get('x')!;
      const [nodes, cols] = shape;
      const edges = tensors.get('edge_index')!.data;
      const classes = tensors.get('out')!.shape[1];
      const graph = arrange(
        {
          ...graphData(),
          name,
          nodes,
          source: Uint32Array.from(edges.subarray(0, edges.length / 2)),
          target: Uint32Array.from(edges.subarray(edges.length / 2)),
          features: { kind: 'dense', rows: nodes, cols, values: Float32Array.from(data) },
          labels: new Int32Array(nodes),
          classNames: Array.from({ length: classes }, (_, i) => `${i}`),
          ...{ nodeIds: null, positions: null },
        },
        { directed: true },
      );
      const config: Config = {
        ...DEFAULTS,
        'data.normalizeFeatures': false,
        'model.kind': given.v2 ? 'gatv2' : 'gat',
        'model.layers': given.num_layers as number,
        'model.hidden': given.hidden_channels as number,
        'model.heads': given.heads as number,
        'model.outputHeads': given.heads as number,
      };
      const weights = tensors as ReadonlyMap<string, Weights>;
      const opinion = await ask(graph, config, weights);
      const attention = Array.from({ length: nodes }, (_, v) =>
        attentionOf(opinion.attention, rowOf(graph.adjacency, v).indices, v),
      );
      for (const [v, { sources, layers }] of attention.entries()) {
        expect([...sources]).toEqual([...new Set(sources)].sort((a, b) => a - b));
        expect(sources).toContain(v);
        expect(layers).toHaveLength(given.num_layers as number);
        for (const { heads, weights: alpha } of layers) {
          for (let head = 0; head < heads; head++) {
            expect(sources.reduce((sum, _, i) => sum + alpha[i * heads + head], 0)).toBeCloseTo(1, 5);
          }
        }
      }
      const rows = Array.from({ length: nodes }, (_, v) => Float64Array.from(data.subarray(v * cols, (v + 1) * cols)));
      const out = rebuilt(weights, rows, attention).flatMap((row) => [...row]);
      expect(distance(out, tensors.get('out')!.data)).toBeLessThan(1e-4);
      expect(distance(out, opinion.predictions.logits)).toBeLessThan(1e-4);
    },
  );

  test('is there in residual blocks, after a sampled run and in half precision, and not in other models', async () => {
    const graph = testGraph({ features: 'sparse' });
    const config = configOf({ ...SAMPLED, 'model.kind': 'gatv2', 'model.block': 'residual', 'model.heads': 2 });
    const { weights } = await train({ graph, config, backend: CPU.backend, fit: false });
    const { attention } = await ask(graph, { ...config, 'compute.precision': 'f16' }, weights);
    expect(attention.map(({ heads }) => heads)).toEqual([2, 2]);
    const gcn = configOf();
    const other = await train({ graph, config: gcn, backend: CPU.backend, fit: false });
    expect((await ask(graph, gcn, other.weights)).attention).toEqual([]);
  });
});

test.skipIf(WEBGPU.missing)('what is too much for the CPU says the same on a GPU, inside its budget', async () => {
  const graph = testGraph();
  const config = configOf({ 'model.kind': 'gatv2', 'model.heads': 2 });
  const { weights } = await train({ graph, config, backend: CPU.backend, fit: false });
  const job = { graph, config, weights, software: false, cpuFlops: 1000 };
  const [near, far] = [await opinionOf({ ...job, ...CPU }), await opinionOf({ ...job, ...WEBGPU })];
  expect([near.device.backend, far.device.backend]).toEqual(['cpu', 'webgpu']);
  expect(distance(near.predictions.logits, far.predictions.logits)).toBeLessThan(1e-4);
  for (const node of [0, 5, 115]) {
    const [a, b] = [near, far].map(({ attention }) =>
      attentionOf(attention, rowOf(graph.adjacency, node).indices, node),
    );
    expect(a.sources).toEqual(b.sources);
    a.layers.forEach((layer, i) => {
      expect(distance(layer.weights, b.layers[i].weights)).toBeLessThan(1e-5);
    });
  }
  expect((await opinionOf({ ...job, ...WEBGPU, software: true })).device.backend).toBe('cpu');
  const tight = { ...config, 'memory.gpuBudget': 1 };
  await expect(opinionOf({ ...job, ...WEBGPU, config: tight })).rejects.toThrow(/memory.gpuBudget is 1 bytes/);
});

test('weights of another model are refused in words', async () => {
  const graph = testGraph();
  await expect(ask(graph, configOf(), new Map())).rejects.toThrow(InputError);
  await expect(ask(graph, configOf(), new Map())).rejects.toThrow(/is missing, but this model on nasty-120-3 needs/);
});

test('a graph whose memory is bounded for the GPU is evaluated on the CPU all the same', async () => {
  const graph = testGraph();
  const config = configOf({ 'training.epochs': 1 });
  const { weights } = await train({ graph, config, backend: CPU.backend, fit: false });
  const asked = { graph, config: { ...config, 'memory.gpuBudget': 1 }, weights, software: false };
  for (const { backend, missing } of BACKENDS) {
    if (missing) continue;
    expect((await opinionOf({ ...asked, backend })).device.backend).toBe('cpu');
  }
  const host = { ...asked.config, 'memory.workerBudget': 1 };
  await expect(opinionOf({ ...asked, config: host, backend: CPU.backend })).rejects.toThrow(/memory.workerBudget is 1/);
});
