import type { Graph } from '../graph/graph.ts';
import type { Model, ModelInputs } from '../model/model.ts';
import { declareTargets, type Targets } from '../task/nodeClassification.ts';
import { input } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { type SparseMatrix, sparseHalf } from '../tensor/ops/sparse.ts';
import { type Size, symbol } from '../tensor/value.ts';

/** The device's side of what a strategy feeds: declared for the whole graph, or for the blocks of a batch. */
export interface GraphInputs {
  readonly model: ModelInputs;
  readonly targets: Targets;
  /** Starts the names of its values and sizes. */
  readonly prefix: string;
}

/** What declaring inputs needs to know of a graph. */
export interface GraphShape {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  readonly sparse: boolean;
  /** The entries of sparse features have values; otherwise all are 1. */
  readonly weighted: boolean;
  readonly symmetric: boolean;
}

export function shapeOf(graph: Graph, normalized: boolean): GraphShape {
  const { features } = graph;
  return {
    nodes: graph.nodes,
    features: features.cols,
    classes: graph.classNames.length,
    sparse: features.kind === 'sparse',
    weighted: normalized || features.values !== null,
    symmetric: graph.symmetric,
  };
}

/** The whole graph, resident: every layer aggregates with the same matrix, and rows are numbered globally. */
export function declareFull(g: OpGraph, shape: GraphShape, model: Model, layers: number): GraphInputs {
  const { nodes } = shape;
  const prefix = '';
  const blocks: SparseMatrix[] = [];
  if (model.operator) {
    const forward = sparseHalf(g, 'graph', 'graph', nodes, nodes, true);
    const backward = shape.symmetric ? forward : sparseHalf(g, 'graphᵀ', 'graph', nodes, nodes, true);
    for (let layer = 0; layer < layers; layer++) blocks.push({ forward, backward, permutation: null });
  }
  const features = declareFeatures(g, prefix, shape, nodes, 'persistent');
  const ids = Array.from({ length: layers }, () => null);
  return { model: { features, blocks, ids }, targets: declareTargets(g, prefix, nodes, 'persistent'), prefix };
}

/** Rows that enter layer `layer` of a batch; with `layer` = layers, the seed nodes. */
export function levelName(prefix: string, layer: number): string {
  return `${prefix}nodes${layer}`;
}

/** One batch: a block per layer in local numbers, written before every step. */
export function declareBatch(g: OpGraph, prefix: string, shape: GraphShape, model: Model, layers: number): GraphInputs {
  const level = (layer: number) => symbol(levelName(prefix, model.operator ? layer : layers));
  const blocks: SparseMatrix[] = [];
  for (let layer = 0; model.operator && layer < layers; layer++) {
    const [sources, targets] = [level(layer), level(layer + 1)];
    const name = `${prefix}block${layer}`;
    blocks.push({
      forward: sparseHalf(g, name, 'graph', targets, sources, true, 'step'),
      backward: sparseHalf(g, `${name}ᵀ`, 'graph', sources, targets, true, 'step'),
      permutation: null,
    });
  }
  const ids = Array.from({ length: layers }, (_, layer) =>
    input(g, `${prefix}ids${layer}`, 'graph', 'u32', level(layer), 1, 'packed', 'step'),
  );
  const features = declareFeatures(g, prefix, shape, level(0), 'step');
  return { model: { features, blocks, ids }, targets: declareTargets(g, prefix, level(layers), 'step'), prefix };
}

function declareFeatures(
  g: OpGraph,
  prefix: string,
  shape: GraphShape,
  rows: Size,
  lifetime: 'step' | 'persistent',
): ModelInputs['features'] {
  const name = `${prefix}features`;
  if (!shape.sparse) return input(g, name, 'features', 'f32', rows, shape.features, 'padded', lifetime);
  const forward = sparseHalf(g, name, 'features', rows, shape.features, shape.weighted, lifetime);
  const backward = sparseHalf(g, `${name}ᵀ`, 'features', shape.features, rows, shape.weighted, lifetime);
  const permutation = input(
    g,
    `${name} permutation`,
    'features',
    'u32',
    symbol(`${name}.entries`),
    1,
    'packed',
    lifetime,
  );
  return { forward, backward, permutation };
}
