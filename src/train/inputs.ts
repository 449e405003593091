import { OPERATORS } from '../graph/operators.ts';
import type { Model, ModelInputs } from '../model/model.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { declareTargets, type Targets, taskOf } from '../task/nodeTask.ts';
import { input } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { type SparseMatrix, sparseHalf } from '../tensor/ops/sparse.ts';
import { type Size, symbol } from '../tensor/value.ts';

/** The device's side of what a strategy feeds: declared for the whole graph, or for the blocks of a batch. */
export interface GraphInputs extends BatchInputs {
  readonly model: ModelInputs;
  readonly targets: Targets;
}

/** What a batch is fed: of a part of a model, no more than that reads. */
export interface BatchInputs {
  readonly model: Omit<ModelInputs, 'features'> & { readonly features: ModelInputs['features'] | null };
  readonly targets: Targets | null;
  /** Names of the numbers of rows, level by level; none for the whole graph, whose rows are as many as its nodes. */
  readonly levels: readonly string[];
  /** The level whose nodes' features are fed. */
  readonly featureLevel: number;
}

/** What declaring inputs needs to know of a graph. */
export interface GraphShape {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  /** Nodes may have several classes. */
  readonly multiLabel: boolean;
  readonly sparse: boolean;
  /** The entries of sparse features have values; otherwise all are 1. */
  readonly weighted: boolean;
  readonly symmetric: boolean;
}

export function shapeOf(graph: AnyGraph, normalized: boolean): GraphShape {
  const { features } = graph;
  return {
    nodes: graph.nodes,
    features: features.cols,
    classes: graph.classNames.length,
    multiLabel: graph.labelSets !== null,
    sparse: features.kind === 'sparse',
    weighted: normalized || features.values !== null,
    symmetric: graph.symmetric,
  };
}

/** The whole graph, resident: every hop aggregates with the same matrix, and rows are numbered globally. */
export function declareFull(g: OpGraph, shape: GraphShape, { operator, hops }: Model): GraphInputs {
  const { nodes } = shape;
  const prefix = '';
  const blocks: SparseMatrix[] = [];
  if (operator && hops > 0) {
    const weighted = OPERATORS[operator].values.full;
    const forward = sparseHalf(g, 'graph', 'graph', nodes, nodes, weighted);
    const same = shape.symmetric && OPERATORS[operator].symmetric;
    const backward = same ? forward : sparseHalf(g, 'graphᵀ', 'graph', nodes, nodes, weighted);
    for (let hop = 0; hop < hops; hop++) blocks.push({ forward, backward, positions: null });
  }
  const features = declareFeatures(g, prefix, shape, nodes, 'persistent');
  const ids = Array.from({ length: hops + 1 }, () => null);
  const targets = declareTargets(g, taskOf(shape.multiLabel), prefix, nodes, shape.classes, 'persistent');
  return { model: { features, blocks, ids }, targets, levels: [], featureLevel: 0 };
}

/** The graph of a training step that lacks some edges: as large as the whole at most, and written before each step. */
export function declareDropped(g: OpGraph, shape: GraphShape, { operator, hops }: Model): SparseMatrix[] {
  if (!operator) return [];
  const { nodes } = shape;
  const weighted = OPERATORS[operator].values.full;
  const half = (name: string) => sparseHalf(g, name, 'graph', nodes, nodes, weighted, 'step');
  const forward = half(DROPPED);
  const backward = shape.symmetric && OPERATORS[operator].symmetric ? forward : half(`${DROPPED}ᵀ`);
  return Array.from({ length: hops }, () => ({ forward, backward, positions: null }));
}

export const DROPPED = 'dropped graph';

/** Rows that a batch has at a level: before the first hop at 0, the seed nodes at the last. */
export function levelName(prefix: string, level: number): string {
  return `${prefix}nodes${level}`;
}

/**
 * One batch: a block per hop in local numbers, written before every step.
 * @param transposed false: without the transposes, which only a backward pass reads; each matrix then stands for its own
 */
export function declareBatch(
  g: OpGraph,
  prefix: string,
  shape: GraphShape,
  { operator, hops }: Model,
  transposed = true,
): GraphInputs {
  const rows = (level: number) => symbol(levelName(prefix, level));
  const blocks: SparseMatrix[] = [];
  for (let hop = 0; operator && hop < hops; hop++) {
    const [sources, targets] = [rows(hop), rows(hop + 1)];
    const name = `${prefix}block${hop}`;
    const weighted = OPERATORS[operator].values.block;
    const forward = sparseHalf(g, name, 'graph', targets, sources, weighted, 'step');
    const backward = transposed ? sparseHalf(g, `${name}ᵀ`, 'graph', sources, targets, weighted, 'step') : forward;
    blocks.push({ forward, backward, positions: null });
  }
  const ids = Array.from({ length: hops + 1 }, (_, level) =>
    input(g, `${prefix}ids${level}`, 'graph', 'u32', rows(level), 1, 'packed', 'step'),
  );
  const features = declareFeatures(g, prefix, shape, rows(0), 'step', transposed);
  const targets = declareTargets(g, taskOf(shape.multiLabel), prefix, rows(hops), shape.classes, 'step');
  const levels = ids.map((_, level) => levelName(prefix, level));
  return { model: { features, blocks, ids }, targets, levels, featureLevel: 0 };
}

function declareFeatures(
  g: OpGraph,
  prefix: string,
  shape: GraphShape,
  rows: Size,
  lifetime: 'step' | 'persistent',
  transposed = true,
): ModelInputs['features'] {
  const name = `${prefix}features`;
  if (!shape.sparse) return input(g, name, 'features', 'f32', rows, shape.features, 'padded', lifetime);
  const forward = sparseHalf(g, name, 'features', rows, shape.features, shape.weighted, lifetime);
  if (!transposed) return { forward, backward: forward, positions: null };
  const backward = sparseHalf(g, `${name}ᵀ`, 'features', shape.features, rows, shape.weighted, lifetime);
  const entries = symbol(`${name}.entries`);
  const positions = input(g, `${name} positions`, 'features', 'u32', entries, 1, 'packed', lifetime);
  return { forward, backward, positions };
}
