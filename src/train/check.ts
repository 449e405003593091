import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { LARGEST_HALF } from '../device/half.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { Graph } from '../graph/graph.ts';

/** Refuses a configuration that this graph cannot serve, and a graph that offers nothing to learn. */
export function checkTrainable(graph: Graph, config: Config): void {
  if (graph.classNames.length < 2) {
    throw new InputError(
      `${graph.name}: ${graph.classNames.length || 'no'} classes, training needs two; give labelled nodes.`,
    );
  }
  if (config['task.metric'] === 'rocAuc' && graph.classNames.length !== 2) {
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
  // Normalised features are 1 at most.
  if (config['compute.precision'] === 'f16' && !config['data.normalizeFeatures']) {
    let largest = 0;
    for (const x of graph.features.values ?? []) largest = Math.max(largest, Math.abs(x));
    if (largest > LARGEST_HALF) {
      throw new InputError(
        `compute.precision cannot be f16: ${graph.name} has a feature of size ${largest}, and f16 ends at ${LARGEST_HALF}; ` +
          'use f32, or set data.normalizeFeatures=true.',
      );
    }
  }
}
