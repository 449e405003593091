import { passSetting } from '../config/computeEntries.ts';
import { InputError } from '../config/errors.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import type { Forecast, ForecastOptions } from './forecast.ts';
import { costOf } from './rememberedForecasts.ts';

/**
 * A sentence where recomputation takes more memory than it saves: copies of values may need more than the values that they replace.
 * Costs one more plan, and nothing where nothing is recomputed.
 */
export function recomputationNotes(
  graph: AnyGraph,
  { config, plan }: Pick<Forecast, 'config' | 'plan'>,
  options: ForecastOptions,
): string[] {
  const how = config['compute.recompute'];
  if (how === 'off' || options.predictOnly) return [];
  const kept = withoutIt(graph, { ...config, 'compute.recompute': 'off' }, options);
  if (plan.bytes <= kept) return [];
  const raises = `compute.recompute=${how} makes this plan larger: ${plan.bytes} bytes, and ${kept} without it`;
  if (passSetting(config, 'compute.slots') === 'on') return [`${raises}; set compute.recompute=off.`];
  return [
    `${raises}, because no values share a buffer; ` +
      'set compute.recompute=off, or let them share (compute.compiled=on, compute.slots=on).',
  ];
}

/** Infinite where such a run could not be at all. */
function withoutIt(graph: AnyGraph, config: Forecast['config'], options: ForecastOptions): number {
  try {
    return costOf(graph, config, options).planned;
  } catch (error) {
    if (error instanceof InputError) return Infinity;
    throw error;
  }
}
