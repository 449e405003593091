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

/** `3–7 · GCN on debian-small, 5 seeds`; `3–7 · GCN on debian-small, 4 seeds, 1 re-run`. */
export function groupName({ runs, samples }: Pick<SeedRuns, 'runs' | 'samples'>): string {
  const { config, dataset } = samples[0].record;
  const again = runs.length - samples.length;
  const repeated = again === 0 ? '' : `, ${again} re-run${again === 1 ? '' : 's'}`;
  const name = `${config['model.kind'].toUpperCase()} on ${dataset.name}`;
  return `${groupIds(runs)} · ${name}, ${samples.length} seeds${repeated}`;
}

/** `3–7`: the lowest and the highest id. */
export function groupIds(runs: readonly Pick<KeptRun, 'id'>[]): string {
  const ids = runs.map(({ id }) => id);
  return `${Math.min(...ids)}–${Math.max(...ids)}`;
}

/** The current run has the first colour, overlaid ones the others in the order in which they were chosen. */
export function runColor(overlaid: readonly Overlay[], id: Overlay): string {
  const index = overlaid.indexOf(id);
  return RUN_COLORS[(index + 1) % RUN_COLORS.length];
}
