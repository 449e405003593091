import type { Key } from '../graph/random.ts';
import type { Panel } from './panels.ts';
import type { Covers, Tile } from './tiles.ts';
import { type DType, evaluate, type Size, type Sizes, type Value } from './value.ts';

/**
 * What an op is. Its builder function (`matmul(g, a, b)`) adds a node; its descriptor holds everything the rest of the
 * engine asks of it: shape rule (checked by the builder), gradient, and how it becomes dispatches of named kernels.
 */

/**
 * How an op touches rows; a strategy that cuts the graph into parts reads it.
 * `row`: dense work on each row. `aggregate`: over edges. `reduce`: over all rows. `parameter`: on parameters alone.
 */
export type Locality = 'row' | 'aggregate' | 'reduce' | 'parameter';

export interface Op<A = unknown> {
  readonly name: string;
  readonly locality: Locality;
  /** True for a loss: differentiation starts here. */
  readonly root?: boolean;
  /**
   * Adds the ops that turn the gradients of the outputs into gradients of the inputs, aligned with `node.inputs`; null for
   * an input that `wanted` does not ask for or that has no gradient. A loss is the root: its upstream gradient is 1.
   */
  gradient?(
    g: OpGraph,
    node: Node<A>,
    upstream: readonly (Value | null)[],
    wanted: readonly boolean[],
  ): (Value | null)[];
  /** Whether each column of its output sums to 0, rounding aside. */
  sumsToZero?(attributes: A): boolean;
  lower(node: Node<A>, context: LowerContext): Dispatch[];
}

export interface Node<A = unknown> {
  readonly op: Op<A>;
  readonly routine: string;
  /** The part of the model, in order, that it computes or differentiates; a pass may treat each on its own. */
  readonly segment: number;
  /** Added by differentiation or after it: in a training routine, all that is not the forward pass. */
  readonly backward: boolean;
  /** Every value that its lowering reads, those inside `attributes` too. */
  readonly inputs: readonly Value[];
  /** New values that this node writes. */
  readonly outputs: readonly Value[];
  /** Persistent values that it changes in place. */
  readonly updates: readonly Value[];
  readonly attributes: A;
}

/**
 * The op graph: nodes in the order in which they run, grouped into routines (`train`, `evaluate`, …) that share
 * parameters and memory. Builders of ops append to it; passes and the planner read it.
 */
export interface OpGraph {
  readonly values: Value[];
  readonly nodes: Node[];
  /** The routine that new nodes join. */
  routine: string;
  /** What new nodes are marked with. */
  segment: number;
  backward: boolean;
  /** Counts the ops that draw random numbers, so that each has its own stream. */
  randomStreams: number;
}

/** One column panel of a value: the thing that is bound. */
export interface Piece {
  readonly value: Value;
  readonly panel: number;
}

/** As a person reads it; its column panels are numbered from 1. */
export function pieceName({ value, panel }: Piece): string {
  return panel > 0 ? `${value.name} (panel ${panel + 1})` : value.name;
}

/** The only panel of a value that is never cut: index lists, vectors. */
export function whole(value: Value): Piece {
  return { value, panel: 0 };
}

/** What differs from step to step: true sizes, live hyperparameters, the step's random key. */
export interface Step {
  readonly sizes: Sizes;
  readonly scalars: Readonly<Record<string, number>>;
  readonly key: Key;
}

/** One launch of a kernel. `at` gives what depends on the step; zero threads means: skip it. */
export interface Dispatch {
  readonly kernel: string;
  readonly reads: Readonly<Record<string, Piece>>;
  /** Written, or read and written. */
  readonly writes: Readonly<Record<string, Piece>>;
  /** It stores each vec4 of `out` once, so that elementwise work may come before the storing; see passes/fuse.ts. */
  readonly storesOnce?: true;
  /**
   * Operands that are read where `out` is written: this may become the tail of a dispatch that stores one of them once. Where there is no
   * `out`, what is written is changed at that place.
   */
  readonly elementwise?: readonly string[];
  /** Operands that it tests for equality: they must be rounded alike, so all of them are kept in half precision or none. */
  readonly compares?: readonly string[];
  /** Operands that half precision would spoil. */
  readonly precise?: readonly string[];
  /** What was fused into this dispatch, in order. */
  readonly tail?: Tail;
  /** Where its kernel computes in tiles: an executor may take any of them, for what `Launch.covers` says. */
  readonly tiles?: readonly Tile[];
  at(step: Step): Launch;
}

/** Elementwise work on what a dispatch is about to store, or by it. */
export interface Tail {
  readonly stages: readonly Stage[];
  /** The last of several dispatches that store into one `out` (light and heavy rows): an executor that works on whole values does it then. */
  readonly last: boolean;
}

export interface Stage {
  readonly dispatch: Dispatch;
  /** The operand that flows through instead of being read. */
  readonly operand: string;
  /** Where what flows in is stored too, because somebody else reads it. */
  readonly kept: Piece | null;
}

export interface Launch {
  /** By the names of the kernel's `Params` in WGSL. */
  readonly params: Readonly<Record<string, number>>;
  /** One invocation each; of a kernel with tiles, as many as the first one takes. */
  readonly threads: number;
  readonly covers?: Covers;
  /** Estimated 4-byte loads, stores and multiply-adds of the whole launch, to cut submits by time. */
  readonly work: number;
  /**
   * Floating-point operations of the whole launch that its result needs, padding aside. An addition, multiplication,
   * division, comparison, exp, log, sqrt or erf counts 1, so a multiply-add counts 2; integer work and copies count 0. Branches
   * that depend on data count as taken: for some kernels this is the most that the launch may do.
   */
  readonly flops: number;
  /**
   * By binding, the 4-byte words that the launch loads or stores of it, where that is not all of it once: a gather loads a
   * row for each entry. See `bytesMoved`.
   */
  readonly words?: Readonly<Record<string, number>>;
}

export interface LowerContext {
  readonly capacity: Sizes;
  panels(value: Value): readonly Panel[];
  /** A buffer that lives for this node alone. */
  scratch(name: string, dtype: DType, words: number): Piece;
}

export function rowsAt(size: Size, step: Step): number {
  return evaluate(size, step.sizes);
}
