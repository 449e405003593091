import type { Config } from '../../config/schema.ts';
import { arrange } from '../../graph/arrange.ts';
import { powerLawGraph } from '../../graph/generators.ts';
import type { Graph } from '../../graph/graph.ts';
import { DEFAULT_LIMITS } from '../../tensor/plan.ts';
import { forecastRun } from '../forecast.ts';

/** For the tests of fitting. No device: the bytes of a plan are known without one. */

export const OPTIONS = { backend: 'webgpu', limits: DEFAULT_LIMITS } as const;

/** Hubs, and large enough that a few batches are far from the whole graph. */
export function largeGraph(nodes = 20_000): Graph {
  const data = powerLawGraph(nodes, 5 * nodes, 7);
  const labels = Int32Array.from({ length: nodes }, (_, node) => node % 5);
  const values = Float32Array.from({ length: nodes * 32 }, (_, i) => (i % 7) / 7);
  const features = { kind: 'dense', rows: nodes, cols: 32, values } as const;
  return arrange({ ...data, labels, classNames: ['a', 'b', 'c', 'd', 'e'], features });
}

export function bytesOf(graph: Graph, config: Config, change: Partial<Config> = {}): number {
  return forecastRun(graph, { ...config, ...change }, { ...OPTIONS, capacityFrom: 'worst case' }).memory.gpu;
}
