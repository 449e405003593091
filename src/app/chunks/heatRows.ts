import type { ChunkHeat } from '../state/chunkHeat.ts';

/** The strips of the heat map, one for each array of the stored graph that batches asked for. */
export interface HeatRow {
  /** What a visitor calls it. */
  readonly name: string;
  readonly chunks: number;
  /** Per bin, 0 to 1: how often it was asked for, beside the most of all strips. */
  readonly heat: Float32Array;
  /** Per bin, 0 to 1: how many of the look-ups went to the store. */
  readonly fromStore: Float32Array;
  /** Over all bins, 0 to 1: look-ups that the cache answered. */
  readonly hitRate: number;
}

const NAMES: Readonly<Record<string, string>> = {
  'neighbors.indices': 'neighbours',
  'neighbors.values': 'edge weights',
  'features.indices': 'feature columns',
  'features.values': 'features',
  'degree.values': 'degrees',
  'labels.indices': 'labels',
  'labels.values': 'labels',
  'split.values': 'split',
};

/** Look-ups so few, fading, are none. */
const COLD = 0.05;

export function heatRows({ arrays, found, read }: ChunkHeat): HeatRow[] {
  const asked = found.map((count, bin) => count + read[bin]);
  const most = asked.reduce((a, b) => Math.max(a, b), 0);
  let first = 0;
  return arrays.flatMap(({ name, chunks, bins }): HeatRow[] => {
    const from = first;
    first += bins;
    const mine = asked.subarray(from, first);
    if (mine.every((count) => count < COLD)) return [];
    // Square roots, so that what is rare is seen beside what is frequent.
    const heat = mine.map((count) => (count < COLD ? 0 : Math.sqrt(count / most)));
    const fromStore = mine.map((count, bin) => (count > 0 ? read[from + bin] / count : 0));
    const total = mine.reduce((a, b) => a + b, 0);
    const hits = found.subarray(from, first).reduce((a, b) => a + b, 0);
    const plain = name.replace(/^ordered\./, '');
    return [{ name: NAMES[plain] ?? plain, chunks, heat, fromStore, hitRate: hits / total }];
  });
}

/** Over all strips; NaN where nothing was asked for. */
export function hitRate({ found, read }: ChunkHeat): number {
  const sum = (counts: Float32Array) => counts.reduce((a, b) => a + b, 0);
  return sum(found) / (sum(found) + sum(read));
}

/** `chunk 7` or `chunks 8 to 15`: what a bin of so many chunks holds, counted from 1. */
export function binText(bin: number, chunksPerBin: number, chunks: number): string {
  const from = bin * chunksPerBin + 1;
  const to = Math.min((bin + 1) * chunksPerBin, chunks);
  return from === to ? `chunk ${from}` : `chunks ${from} to ${to}`;
}
