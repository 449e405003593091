import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { LARGEST_HALF } from '../device/half.ts';
import { SPLIT } from '../formats/graphData.ts';
import { largestFeature } from '../graph/features.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { hasRocAuc } from './predictions.ts';

/** Refuses a configuration that this graph cannot serve, and a graph that offers nothing to learn. */
export function checkTrainable(graph: AnyGraph, config: Config): void {
  if (graph.classNames.length < 2) {
    throw new InputError(
      `${graph.name}: ${graph.classNames.length || 'no'} classes, training needs two; give labelled nodes.`,
    );
  }
  if (config['task.classWeights'] !== 'none' && graph.labelSets) {
    throw new InputError(
      `task.classWeights cannot be ${config['task.classWeights']}: nodes of ${graph.name} have several labels; use none.`,
    );
  }
  if (config['task.metric'] === 'rocAuc' && !hasRocAuc(graph, config)) {
    throw new InputError(
      `task.metric cannot be rocAuc: ${graph.name} has ${graph.classNames.length} classes, not two; use macroF1 or accuracy.`,
    );
  }
  const wanted = config['data.split'];
  const offered = graph.splits.length;
  if (wanted >= offered) {
    const range = offered === 1 ? 'one split, number 0' : `${offered} splits, 0 to ${offered - 1}`;
    throw new InputError(`data.split cannot be ${wanted}: ${graph.name} has ${range}.`);
  }
  if (!graph.splits[wanted].includes(SPLIT.train)) {
    throw new InputError(
      `${graph.name}: split ${wanted} has no training nodes; mark some, or leave the split out to have one drawn.`,
    );
  }
  const largest = config['compute.precision'] === 'f16' ? largestForHalf(graph, config) : 0;
  if (largest === Infinity) {
    throw new InputError(
      `compute.precision cannot be f16: ${graph.name} was stored before the size of its largest feature was noted; ` +
        'use f32, or delete the graph and store it again.',
    );
  }
  if (largest > LARGEST_HALF) {
    throw new InputError(
      `compute.precision cannot be f16: ${graph.name} has a feature of size ${largest}, and f16 ends at ${LARGEST_HALF}; ` +
        'use f32, or set data.normalizeFeatures=true.',
    );
  }
}

const largestFeatures = new WeakMap<AnyGraph, number>();

/** Size of the largest feature as the device gets it; Infinity where nobody noted it when the graph was stored. */
export function largestForHalf(graph: AnyGraph, config: Config): number {
  // Each row of normalised features adds up to 1.
  if (config['data.normalizeFeatures']) return 1;
  if (isStored(graph)) return graph.manifest.largestFeature ?? Infinity;
  let largest = largestFeatures.get(graph);
  if (largest === undefined) {
    largest = largestFeature(graph.features);
    largestFeatures.set(graph, largest);
  }
  return largest;
}
