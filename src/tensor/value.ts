/**
 * Values: what flows along the edges of the op graph. A value has a shape and a purpose, never data.
 *
 * Rows may be symbolic (nodes or edges of a hop), because batches vary in size: a plan is laid out for the largest batch
 * (the capacity) and every step names its true sizes.
 */

/** A number of rows: fixed, or a symbol plus a constant (`indptr` has nodes + 1 rows). */
export type Size = number | { readonly symbol: string; readonly plus: number };

/** The number behind each symbol: of one step, or the capacity of a plan. */
export type Sizes = Readonly<Record<string, number>>;

export function symbol(name: string, plus = 0): Size {
  return { symbol: name, plus };
}

export function evaluate(size: Size, sizes: Sizes): number {
  if (typeof size === 'number') return size;
  const base = sizes[size.symbol];
  if (base === undefined)
    throw new Error(`size '${size.symbol}' has no number; known: ${Object.keys(sizes).join(', ')}`);
  return base + size.plus;
}

export function sameSize(a: Size, b: Size): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.symbol === b.symbol && a.plus === b.plus;
}

export type DType = 'f32' | 'u32';

/** What a value is for; the ledger counts bytes by it. */
export const PURPOSES = [
  'features',
  'graph',
  'labels',
  'parameters',
  'optimizer',
  'activations',
  'results',
  'uniforms',
  'staging',
] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface Value {
  readonly id: number;
  readonly name: string;
  readonly dtype: DType;
  readonly rows: Size;
  readonly cols: number;
  /**
   * `padded`: a row takes a multiple of four columns, and the padding is always zero, so that every kernel loads vec4.
   * `packed`: rows follow one another without gaps (index lists, vectors).
   */
  readonly layout: 'padded' | 'packed';
  /**
   * `transient`: computed and used inside one routine; shares buffers. `step`: written by the host before every run of its
   * routine; shares buffers outside that routine and after its last use. `persistent`: lives as long as the plan.
   */
  readonly lifetime: 'transient' | 'step' | 'persistent';
  readonly purpose: Purpose;
}

/** Columns that one row occupies in memory. */
export function stride(value: Pick<Value, 'cols' | 'layout'>): number {
  return value.layout === 'padded' ? padded(value.cols) : value.cols;
}

export function padded(cols: number): number {
  return (cols + 3) & ~3;
}

/** WebGPU refuses bindings of size 0, and a vec4 needs 16 bytes: nothing is smaller than that. */
export const SMALLEST_BUFFER = 16;

export function bufferBytes(words: number): number {
  return Math.max(SMALLEST_BUFFER, words * 4);
}
