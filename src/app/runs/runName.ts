import type { Config } from '../../config/schema.ts';
import type { Overlay } from '../state/store.ts';
import { RUN_COLORS } from '../theme/palette.ts';
import type { KeptRun } from './keptRuns.ts';
import type { SeedRuns } from './seedRuns.ts';

/** `3 · GCN`. */
export function shortName(id: number, config: Config): string {
  return `${id} · ${config['model.kind'].toUpperCase()}`;
}

/** `3 · GCN on debian-small`. */
export function runName({ id, record }: Pick<KeptRun, 'id' | 'record'>): string {
  return `${shortName(id, record.config)} on ${record.dataset.name}`;
}

/** `3–7 · GCN on debian-small, 5 seeds`. */
export function groupName(group: Pick<SeedRuns, 'samples'>): string {
  const { config, dataset } = group.samples[0].record;
  return `${groupIds(group)} · ${config['model.kind'].toUpperCase()} on ${dataset.name}, ${group.samples.length} seeds`;
}

/** `3–7`: the lowest and the highest id. */
export function groupIds({ samples }: Pick<SeedRuns, 'samples'>): string {
  const ids = samples.map(({ id }) => id);
  return `${Math.min(...ids)}–${Math.max(...ids)}`;
}

/** The current run has the first colour, overlaid ones the others in the order in which they were chosen. */
export function runColor(overlaid: readonly Overlay[], id: Overlay): string {
  const index = overlaid.indexOf(id);
  return RUN_COLORS[(index + 1) % RUN_COLORS.length];
}
