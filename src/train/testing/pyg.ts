import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/schema.ts';
import { DEFAULTS } from '../../config/schema.ts';
import type { Executor, HostArray } from '../../device/executor.ts';
import type { CsrMatrix } from '../../formats/matrix.ts';
import { readSafetensors } from '../../formats/safetensors.ts';
import { sortedCsr, transpose } from '../../graph/csr.ts';
import { graphOperator, OPERATORS, type Operator } from '../../graph/operators.ts';
import type { Parameter, Pass } from '../../model/model.ts';
import { type Declarations, declarations } from '../../model/parameters.ts';
import { fromStored, toStored } from '../../model/stored.ts';
import { gradients } from '../../tensor/autodiff.ts';
import { input, newGraph } from '../../tensor/graph.ts';
import { sparseHalf } from '../../tensor/ops/sparse.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../../tensor/plan.ts';
import type { Value } from '../../tensor/value.ts';
import { feedHalf, newFeed } from '../feed.ts';
import { scalarsOf } from '../passes.ts';

/** What PyTorch Geometric computed (scripts/pyg), and the same through our layers. */

export interface Reference {
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly training: boolean;
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: HostArray }>;
}

export function readReference(name: string): Reference {
  const path = fileURLToPath(new URL(`../../model/reference/${name}.safetensors`, import.meta.url));
  const { tensors, metadata } = readSafetensors(readFileSync(path), path);
  const list = [...tensors].map(([key, { shape, data }]) => [key, { shape, data: data as HostArray }] as const);
  const className = metadata.get('class')!;
  return {
    kind: className.slice(className.lastIndexOf('.') + 1),
    arguments: JSON.parse(metadata.get('arguments') ?? '{}'),
    training: metadata.get('mode') === 'train',
    tensors: new Map(list),
  };
}

/** Rows are targets, columns sources. */
function adjacencyOf({ tensors }: Reference, nodes: number): CsrMatrix {
  const edges = tensors.get('edge_index')?.data ?? new Int32Array();
  const weights = tensors.get('edge_weight')?.data ?? null;
  const count = edges.length / 2;
  const [sources, targets] = [edges.subarray(0, count), edges.subarray(count)].map((list) => Uint32Array.from(list));
  return sortedCsr(targets, sources, weights && Float32Array.from(weights), nodes, nodes);
}

/** What is to be held against the reference: the output, the gradients, the running statistics afterwards. */
export type Results = ReadonlyMap<string, HostArray>;

/** Declares the parameters of a layer or a model, and says how its output comes of x. */
export type Build = (p: Declarations) => (pass: Pass, x: Value) => Value;

/** A layer that stands alone has no name of its own before those of its parameters. */
const bare = ({ name }: Value) => name.replace(/^\./, '');

/** Runs forward and backward from the reference's inputs; the names are the reference's. */
export async function runReference(
  reference: Reference,
  operator: Operator | null,
  hops: number,
  build: Build,
  open: (plan: Plan) => Promise<Executor> | Executor,
  config: Config = DEFAULTS,
): Promise<Results> {
  const { tensors, training } = reference;
  const [nodes, width] = tensors.get('x')!.shape;
  const g = newGraph();
  const p = declarations(g);
  const apply = build(p);
  const x = input(g, 'x', 'features', 'f32', nodes, width, 'padded');
  const feed = newFeed();
  const blocks = [];
  if (operator) {
    const matrix = graphOperator(operator, adjacencyOf(reference, nodes));
    const forward = sparseHalf(g, 'graph', 'graph', nodes, nodes, OPERATORS[operator].values.full);
    const backward = sparseHalf(g, 'graphᵀ', 'graph', nodes, nodes, OPERATORS[operator].values.full);
    feedHalf(feed, forward, matrix);
    feedHalf(feed, backward, transpose(matrix).matrix);
    for (let hop = 0; hop < hops; hop++) blocks.push({ forward, backward, positions: null });
  }
  const ids = Array.from({ length: hops + 1 }, () => null);
  const mode = { training, dropout: false, inputDropout: false };
  const out = apply({ g, inputs: { features: x, blocks, ids }, mode }, x);
  const upstream = input(g, 'upstream', 'activations', 'f32', out.rows, out.cols, 'padded');
  const moving = [x, ...p.parameters.map(({ value }) => value)];
  const found = gradients(g, moving, new Map([[out, upstream]]));
  const stored: Parameter[] = [...p.parameters, ...p.buffers];
  const readable = [out, ...found.values(), ...p.buffers.map(({ value }) => value)];
  const plan = makePlan({ graph: g, capacity: feed.sizes, results: [], readable }, DEFAULT_LIMITS);
  const executor = await open(plan);
  try {
    const weights = new Map(
      [...tensors].flatMap(([name, { shape, data }]) =>
        [name, `.${name}`].map((key) => [key, { shape, data: data as Float32Array }] as const),
      ),
    );
    for (const [value, data] of feed.arrays) executor.write(value, data);
    executor.write(x, tensors.get('x')!.data);
    executor.write(upstream, tensors.get('cotangent')!.data);
    for (const parameter of stored) executor.write(parameter.value, fromStored(parameter, weights, 'the reference'));
    await executor.run('main', { sizes: feed.sizes, scalars: scalarsOf(config, 1), key: [1, 2] });
    const results = new Map<string, HostArray>([['out', await executor.read(out)]]);
    results.set('grad/x', await executor.read(found.get(x)!));
    for (const parameter of p.parameters) {
      const data = (await executor.read(found.get(parameter.value)!)) as Float32Array;
      results.set(`grad/${bare(parameter.value)}`, toStored(parameter, data).data);
    }
    for (const { value } of training ? p.buffers : []) results.set(`after/${bare(value)}`, await executor.read(value));
    return results;
  } finally {
    executor.destroy();
  }
}
