import { type Dispatch, type LowerContext, type Piece, rowsAt, type Step, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import type { Value } from '../value.ts';
import { dropKey, dropThreshold } from './dropout.ts';
import type { HeadRange } from './heads.ts';
import { pointerWords, type SparseHalf, type SparseMatrix } from './sparse.ts';
import { HEAVY, heavyEntries, heavyRoom, SEGMENT } from './spmm.ts';

/** What the forward and the backward pass of attention share: passes over the entries of a sparse matrix, by row and head. */

/** Attributes of a node of attention; see AttentionOptions. */
export interface Attention {
  readonly matrix: SparseMatrix;
  readonly heads: number;
  readonly negativeSlope: number;
  readonly dropout: { readonly ids: Value | null; readonly stream: number } | null;
}

/** Columns that one invocation works on; shaders/attention/tiles.wgsl. */
export const TILE = 8;

/** Invocations per row of as many columns. */
export function tilesOf(columns: number): number {
  return Math.ceil(columns / TILE);
}

/** The parameters of every kernel over entries, for the range's columns of a matrix of sources and one of targets. */
export function entryParams(
  { heads, headFirst, a, b, aOffset, bOffset }: HeadRange,
  { negativeSlope, dropout }: Attention,
  step: Step,
): Record<string, number> {
  return {
    heads,
    headFirst,
    heavy: HEAVY,
    negativeSlope,
    ...(dropout ? dropKey(step, dropout.stream) : { key0: 0, key1: 0 }),
    threshold: dropout ? dropThreshold(step, step.scalars.attentionDropout).threshold : 0,
    sourceStride: 4 * stride4(a),
    sourceOffset: aOffset,
    targetStride: 4 * stride4(b),
    targetOffset: bOffset,
  };
}

export interface Pass {
  kernel(part: 'rows' | 'segments'): string;
  readonly reads: Readonly<Record<string, Piece>>;
  readonly writes: Readonly<Record<string, Piece>>;
  params(step: Step): Record<string, number>;
  /** Invocations per row. */
  readonly threads: number;
  /** By binding, floats of state per segment of a heavy row: they take the place of what `rows` writes. */
  readonly stateWords: Readonly<Record<string, number>>;
  /** The dispatches that merge the segments into the rows. */
  merge(partials: Readonly<Record<string, Piece>>): readonly Dispatch[];
  /** Per entry and per row, all heads of the range together. */
  readonly entryFlops: number;
  readonly rowFlops: number;
  readonly entryWork: number;
  /** Words that each entry loads of the node at its other end, by binding: what is gathered. */
  readonly entryWords: Readonly<Record<string, number>>;
}

/** All rows but the heavy ones, then these in segments, then their merge. */
export function overRows(half: SparseHalf, pass: Pass, { capacity, scratch }: LowerContext): Dispatch[] {
  const { kernel, reads, writes, params, threads, entryFlops, rowFlops, entryWork } = pass;
  const indices = whole(half.indices);
  const wordsOf = (entries: number) => ({
    indices: entries,
    ...Object.fromEntries(Object.entries(pass.entryWords).map(([name, words]) => [name, entries * words])),
  });
  const rows: Dispatch = {
    kernel: kernel('rows'),
    reads: { indptr: whole(half.indptr), indices, ...reads },
    writes,
    at(step) {
      const count = rowsAt(half.rows, step);
      const entries = rowsAt(half.entries, step);
      return {
        params: { rows: count, ...params(step) },
        threads: count * threads,
        work: entries * entryWork + count * threads * 8,
        flops: (entries - heavyEntries(half, step)) * entryFlops + count * rowFlops,
        words: { ...pointerWords(half, step), ...wordsOf(entries - heavyEntries(half, step)) },
      };
    },
  };
  const room = heavyRoom(half, capacity);
  if (room === 0) return [rows];
  const partials = Object.fromEntries(
    Object.entries(pass.stateWords).map(([name, words]) => [
      name,
      scratch('attention partial rows', 'f32', room * words),
    ]),
  );
  const segments: Dispatch = {
    kernel: kernel('segments'),
    reads: { segments: whole(half.segments), indices, ...reads },
    writes: partials,
    at(step) {
      const count = rowsAt(half.segments.rows, step);
      return {
        params: { rows: count, ...params(step) },
        threads: count * threads,
        work: count * SEGMENT * entryWork,
        flops: heavyEntries(half, step) * entryFlops,
        words: {
          ...wordsOf(heavyEntries(half, step)),
          ...Object.fromEntries(Object.entries(pass.stateWords).map(([name, words]) => [name, count * words])),
        },
      };
    },
  };
  return [rows, segments, ...pass.merge(partials)];
}
