import type { ByteReader, ByteWriter } from './linkBytes.ts';
import type { EpochRecord } from './record.ts';

/**
 * Curves for drawing, one byte a value: what a link has room for. Whether two runs are the same is never read from these
 * but from the hash over the exact float32 curve (record.ts).
 */

export const SHARED_COLUMNS = ['trainLoss', 'valLoss', 'valAcc', 'testAcc'] as const;
type SharedColumn = (typeof SHARED_COLUMNS)[number];

/** Columns as long as `epochs`, which holds the epochs they were taken at, the first and the last among them. */
export interface SharedCurves extends Readonly<Record<SharedColumn, readonly number[]>> {
  readonly epochs: readonly number[];
}

export const MAX_POINTS = 64;

/** 255 means NaN; 0 to 254 spread evenly over the range. */
const STEPS = 254;
const NOT_A_NUMBER = 255;

/** Values of float32 as bytes: `min + code / 254 · (max − min)`. Where none is finite, the range is 0 to 0. */
export interface Quantised {
  readonly min: number;
  readonly max: number;
  readonly codes: Uint8Array;
}

/** The error is at most half a step, (max − min) / 254 / 2. What is not finite becomes NaN, as in the curve's hash. */
export function quantise(values: readonly number[]): Quantised {
  const floats = values.map(Math.fround);
  const finite = floats.filter(Number.isFinite);
  const min = finite.length > 0 ? Math.min(...finite) : 0;
  const max = finite.length > 0 ? Math.max(...finite) : 0;
  const scale = max > min ? STEPS / (max - min) : 0;
  const codes = Uint8Array.from(floats, (x) => (Number.isFinite(x) ? Math.round((x - min) * scale) : NOT_A_NUMBER));
  return { min, max, codes };
}

export function restore({ min, max, codes }: Quantised): number[] {
  return Array.from(codes, (code) => (code === NOT_A_NUMBER ? Number.NaN : min + (code / STEPS) * (max - min)));
}

/** At most `points` of the epochs 1 to `epochs`, evenly spread, the first and the last among them. */
export function sampledEpochs(epochs: number, points: number): number[] {
  const length = Math.min(epochs, points);
  return Array.from({ length }, (_, i) => (length > 1 ? 1 + Math.round((i * (epochs - 1)) / (length - 1)) : 1));
}

/** A column as a link shows it, at some epochs. */
export function shownCurve(epochs: readonly EpochRecord[], at: readonly number[], column: SharedColumn): number[] {
  return restore(quantise(at.map((epoch) => epochs[epoch - 1][column])));
}

/** At most `points` of each column. `epochs[i]` is epoch i + 1. */
export function writeCurves(writer: ByteWriter, epochs: readonly EpochRecord[], points: number): void {
  const sampled = sampledEpochs(epochs.length, points);
  writer.count(sampled.length);
  for (const column of SHARED_COLUMNS) {
    const { min, max, codes } = quantise(sampled.map((epoch) => epochs[epoch - 1][column]));
    writer.float32(min);
    writer.float32(max);
    // Differences between neighbours (modulo 256): a curve takes small steps, so deflate sees few distinct bytes.
    for (const [i, code] of codes.entries()) writer.byte(code - (codes[i - 1] ?? 0));
  }
}

/** `epochs` is how many the run had. */
export function readCurves(reader: ByteReader, epochs: number): SharedCurves {
  const length = reader.count('the length of its curves', Math.min(epochs, MAX_POINTS), Math.min(epochs, 2));
  const column = (name: SharedColumn): number[] => {
    const min = reader.float32(name);
    const max = reader.float32(name);
    if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) throw reader.wrong(name);
    const codes = new Uint8Array(length);
    for (let i = 0; i < length; i++) codes[i] = reader.byte(name) + (codes[i - 1] ?? 0);
    return restore({ min, max, codes });
  };
  // In the order in which they were written.
  const [trainLoss, valLoss, valAcc, testAcc] = SHARED_COLUMNS.map(column);
  return { epochs: sampledEpochs(epochs, length), trainLoss, valLoss, valAcc, testAcc };
}
