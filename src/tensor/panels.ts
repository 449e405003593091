import { InputError } from '../config/errors.ts';
import { evaluate, padded, type Sizes, stride, type Value } from './value.ts';

/**
 * Column panels. WebGPU binds at most `maxStorageBufferBindingSize` bytes at once (128 MiB by default), so a larger matrix
 * is kept as several buffers, each holding some of its columns for all rows. Aggregation works column by column and does
 * not notice; a matmul adds up over the panels of its inner dimension.
 */
export interface Panel {
  readonly index: number;
  readonly first: number;
  /** True columns in this panel; its row stride is this, padded to a multiple of four. */
  readonly cols: number;
}

export function panelsOf(value: Value, capacity: Sizes, limit: number): readonly Panel[] {
  const rows = evaluate(value.rows, capacity);
  const bytes = rows * stride(value) * 4;
  if (bytes <= limit) return [{ index: 0, first: 0, cols: value.cols }];
  const width = value.layout === 'padded' ? Math.floor(limit / (rows * 16)) * 4 : 0;
  if (width === 0) {
    throw new InputError(
      `${value.name} takes ${bytes} bytes (${rows} rows of ${value.cols}), but this device binds at most ${limit} at once ` +
        `and it cannot be cut into narrower columns; train on batches with sampling.strategy=neighbor, or shrink model.hidden`,
    );
  }
  const panels: Panel[] = [];
  for (let first = 0; first < value.cols; first += width) {
    panels.push({ index: panels.length, first, cols: Math.min(width, value.cols - first) });
  }
  return panels;
}

/** Columns in vec4 units. */
export function padded4(cols: number): number {
  return padded(cols) / 4;
}

/** The row stride of a panel in vec4 units. */
export function stride4(panel: Panel): number {
  return padded4(panel.cols);
}

/** A range of columns that lies in one panel of each of two matrices. */
export interface Overlap {
  readonly a: Panel;
  readonly b: Panel;
  readonly first: number;
  readonly cols: number;
}

/**
 * Cuts the common columns of two panelled matrices into ranges that lie in one panel of each. Panels start at multiples of
 * four, so every range does.
 */
export function overlaps(a: readonly Panel[], b: readonly Panel[]): Overlap[] {
  const ranges: Overlap[] = [];
  for (const left of a) {
    for (const right of b) {
      const first = Math.max(left.first, right.first);
      const end = Math.min(left.first + left.cols, right.first + right.cols);
      if (end > first) ranges.push({ a: left, b: right, first, cols: end - first });
    }
  }
  return ranges;
}
