import type { Config } from '../config/schema.ts';
import { modelOf } from '../model/models.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import { samplingOf } from './capacity.ts';
import { evaluatedSplit, seedsOf } from './seeds.ts';

/**
 * The configuration with `evaluation.strategy=auto` decided: batches with sampled neighbours, or layer by layer, whichever gathers
 * fewer rows and edges. Both are counted from the degrees, so a graph in a store is decided as it would be in memory.
 */
export function decideEvaluation(graph: AnyGraph, config: Config, predictOnly: boolean): Config {
  if (config['evaluation.strategy'] !== 'auto') return config;
  const seeds = seedsOf(evaluatedSplit(graph, config), 'evaluate', predictOnly).length;
  const { neighbor, layerwise } = gathered(graph, config, seeds);
  return { ...config, 'evaluation.strategy': layerwise < neighbor ? 'layerwise' : 'neighbor' };
}

/**
 * Rows and edges that an evaluation of so many nodes gathers, expected: as if the ends of edges were drawn at random, nodes in
 * proportion to their degrees.
 */
export function gathered(graph: AnyGraph, config: Config, seeds: number): { neighbor: number; layerwise: number } {
  const model = modelOf(config);
  const { nodes } = graph;
  const { indptr } = graph.adjacency;
  const edges = indptr[nodes];
  const { batchSize, fanOut } = samplingOf(config, model, 'evaluate');
  const size = Math.min(batchSize, seeds);
  // Different nodes among so many drawn.
  const distinct = (drawn: number) => nodes * -Math.expm1(-drawn / Math.max(1, nodes));
  let [targets, neighbor] = [size, 0];
  for (const [hop, fan] of fanOut.entries()) {
    const own = targets * meanDegree(indptr, fan, hop > 0);
    targets = Math.max(targets, distinct(targets + own));
    neighbor += own + targets;
  }
  neighbor *= seeds / Math.max(1, size);
  const perNode = edges / Math.max(1, nodes);
  const sourcesOf = (count: number) => {
    const batch = Math.min(batchSize, count);
    return (count / Math.max(1, batch)) * distinct(batch + batch * perNode);
  };
  let layerwise = nodes;
  for (let hop = 1; hop <= model.hops; hop++) {
    const count = hop === model.hops ? seeds : nodes;
    layerwise += count * perNode + sourcesOf(count);
  }
  return { neighbor, layerwise };
}

/** Neighbours that a node gives, cut at `fan` where that is not negative; of the end of an edge instead of any node, where asked. */
function meanDegree(indptr: Uint32Array, fan: number, ofEnds: boolean): number {
  let [sum, weight] = [0, 0];
  for (let v = 0; v + 1 < indptr.length; v++) {
    const degree = indptr[v + 1] - indptr[v];
    const share = ofEnds ? degree : 1;
    sum += share * (fan < 0 ? degree : Math.min(degree, fan));
    weight += share;
  }
  return weight > 0 ? sum / weight : 0;
}
