import { type Dispatch, type Piece, rowsAt, type Step } from './op.ts';
import { evaluate, type Size, type Sizes } from './value.ts';

/**
 * Mergeable accumulators: everything that reduces or aggregates is `init / accumulate / merge / finish`, so that a sum over
 * many rows can be cut into parts (for parallelism, for heavy rows, for partitions that pass through the GPU one after
 * another) whose partial states are merged in a fixed order. How the rows are cut depends on shapes alone (those of
 * the panels, where the device's limits make some), never on timing or capacity: on one device the same batch gives the same
 * bits under every plan.
 */
export interface Accumulator {
  readonly name: string;
  /** f32 words of state: of each output element, or (softmax) of each row and head beside one word per channel. */
  readonly stateWords: number;
}

/** Accumulators of aggregation over edges; shaders/accumulator/NAME.wgsl has the four functions. */
export const accumulators = {
  max: { name: 'max', stateWords: 1 },
  sum: { name: 'sum', stateWords: 1 },
  softmax: { name: 'softmax', stateWords: 2 },
} as const satisfies Record<string, Accumulator>;

/** Rows cut into `count` chunks of `chunk` rows, the last one shorter. */
export interface Split {
  at(step: Step): { rows: number; chunk: number; count: number };
  /** The largest count up to a capacity. */
  most(capacity: Sizes): number;
}

/** A chunk shorter than this is not worth a thread of its own. */
const SHORTEST_CHUNK = 64;
/** Threads that fill a large GPU; with more, the second pass over the partial sums costs more than it gains. */
const ENOUGH_THREADS = 32_768;
const MOST_CHUNKS = 256;

/**
 * How a sum over `size` rows is split when each chunk takes `threads` threads.
 * @param threads threads that one chunk occupies, that is vec4 elements of the result (or tiles of them)
 */
export function splitRows(size: Size, threads: number): Split {
  const ceiling = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(ENOUGH_THREADS / threads)));
  const cut = (rows: number) => {
    const chunk = Math.max(SHORTEST_CHUNK, Math.ceil(rows / ceiling));
    return { rows, chunk, count: Math.ceil(rows / chunk) };
  };
  return {
    at: (step) => cut(rowsAt(size, step)),
    // ceil(rows / chunk(rows)) is not monotone above the ceiling, but never exceeds it.
    most: (capacity) => Math.max(1, Math.min(ceiling, Math.ceil(evaluate(size, capacity) / SHORTEST_CHUNK))),
  };
}

/** Second pass of every split sum: adds the `count` partial matrices (each rows × width4 vec4, of which `cols` columns count) in order. */
export function mergeSum(
  partial: Piece,
  out: Piece,
  split: Split,
  {
    cols,
    ...shape
  }: { cols: number; rows: number; width4: number; outRow: number; outStride4: number; outOffset4: number },
  scale: (step: Step) => number = () => 1,
  accumulate?: (step: Step) => number,
): Dispatch {
  return {
    kernel: 'reduce.mergeSum',
    reads: { partial },
    writes: { out },
    ...(accumulate ? {} : { storesOnce: true }),
    at(step) {
      const { count } = split.at(step);
      const adds = accumulate?.(step) ?? 0;
      return {
        params: { ...shape, count, scale: scale(step), accumulate: adds },
        threads: shape.rows * shape.width4,
        work: shape.rows * shape.width4 * count * 4,
        flops: shape.rows * cols * (count + 1 + adds),
      };
    },
  };
}
