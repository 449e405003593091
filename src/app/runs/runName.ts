import type { Config } from '../../config/schema.ts';
import { RUN_COLORS } from '../theme/palette.ts';
import type { KeptRun } from './keptRuns.ts';

/** `3 · GCN`. */
export function shortName(id: number, config: Config): string {
  return `${id} · ${config['model.kind'].toUpperCase()}`;
}

/** `3 · GCN on debian-small`. */
export function runName({ id, record }: Pick<KeptRun, 'id' | 'record'>): string {
  return `${shortName(id, record.config)} on ${record.dataset.name}`;
}

/** The current run has the first colour, overlaid ones the others in the order in which they were chosen. */
export function runColor(overlaid: readonly number[], id: number): string {
  const index = overlaid.indexOf(id);
  return RUN_COLORS[(index + 1) % RUN_COLORS.length];
}
