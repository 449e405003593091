import { type Dispatch, type LowerContext, type Op, type Piece, rowsAt, type Step, whole } from '../op.ts';
import { type Panel, padded4, stride4 } from '../panels.ts';
import { evaluate, padded, type Value } from '../value.ts';
import { type Attention, entryParams, overRows, type Pass, tilesOf } from './attentionEntries.ts';
import { channelsOf, type HeadRange, headRanges, scoreStride } from './heads.ts';
import type { SparseHalf } from './sparse.ts';

/**
 * The backward pass of attention: coefficients are computed again from the scores and the log-sum-exp, over the rows for
 * what belongs to targets, over the rows of the transpose for what belongs to sources. No scatter, no atomics.
 */

/** h, scoreSource, scoreTarget, upstream, out, log-sum-exp → the gradients of the first three. */
export const gatGradOp: Op<Attention> = {
  name: 'gatGrad',
  locality: 'aggregate',
  lower({ inputs, outputs: [ofX, ofSource, ofTarget], attributes }, context) {
    const [x, scoreSource, scoreTarget, upstream] = inputs;
    const { forward, backward } = attributes.matrix;
    const channels = channelsOf(x, attributes.heads);
    const { packed, params, dispatches } = pack(inputs, null, attributes, context);
    const scores = { scoreSource: whole(scoreSource), scoreTarget: whole(scoreTarget), packed: whole(packed) };
    for (const range of headRanges(x, upstream, attributes.heads, context)) {
      const { heads } = range;
      const reads = { ...scores, upstream: { value: upstream, panel: range.b.index } };
      const common = { params: params(range), rowFlops: 0 };
      // The rows of the transpose are sources: what they gather belongs to targets.
      const ofTargets = { scoreTarget: heads, packed: 2 * heads, upstream: heads * channels };
      const ofScores = (kernel: string, half: SparseHalf, out: Value, entryWords: Pass['entryWords']): Pass => ({
        ...common,
        kernel: (part) => `attention.gat.grad.${kernel}.${part}`,
        reads: { ...reads, x: { value: x, panel: range.a.index } },
        writes: { outScores: whole(out) },
        threads: heads,
        stateWords: { outScores: heads },
        merge: ({ outScores: partial }) => [
          mergeScores(half, partial, whole(out), heads, scoreStride(out, context), range.headFirst),
        ],
        // Score; subtract, exp; the dot product; multiply, subtract, twice multiply, compare, add.
        entryFlops: heads * (3 + 2 + 2 * channels + 6),
        entryWork: heads * (40 + 4 * channels),
        entryWords,
      });
      const out: Piece = { value: ofX, panel: range.a.index };
      const ofFeatures: Pass = {
        ...common,
        kernel: (part) => `attention.gat.grad.features.${part}`,
        reads,
        writes: { out },
        threads: tilesOf(heads * channels),
        stateWords: { out: padded(heads * channels) },
        merge: ({ out: partial }) => [mergeRows(backward, partial, out, heads * channels, range.a, range.aOffset)],
        // Score; subtract, exp, multiply; multiply and add each channel.
        entryFlops: heads * (3 + 3 + 2 * channels),
        entryWork: heads * (tilesOf(channels) * 40 + 3 * channels),
        entryWords: ofTargets,
      };
      dispatches.push(
        ...overRows(
          forward,
          ofScores('targets', forward, ofTarget, { scoreSource: heads, x: heads * channels }),
          context,
        ),
        ...overRows(backward, ofScores('sources', backward, ofSource, ofTargets), context),
        ...overRows(backward, ofFeatures, context),
      );
    }
    return dispatches;
  },
};

/**
 * source, target, vector, upstream, out, log-sum-exp → the gradients of source and target, and for each target what it adds
 * to the gradient of the vector.
 */
export const gatv2GradOp: Op<Attention> = {
  name: 'gatv2Grad',
  locality: 'aggregate',
  lower({ inputs, outputs: [ofSource, ofTarget, ofVector], attributes }, context) {
    const [source, target, vector, upstream] = inputs;
    const { forward, backward } = attributes.matrix;
    const channels = channelsOf(source, attributes.heads);
    const { packed, params, dispatches } = pack(inputs, vector, attributes, context);
    for (const range of headRanges(source, target, attributes.heads, context)) {
      const { heads, a, b, aOffset, bOffset } = range;
      const width = heads * channels;
      const common = {
        params: params(range),
        reads: {
          x: { value: source, panel: a.index },
          targets: { value: target, panel: b.index },
          upstream: { value: upstream, panel: b.index },
          packed: whole(packed),
        },
        threads: tilesOf(width),
        // Score and dot product; subtract, exp; two multiply, subtract, multiply; then per channel u, its slope, two sums.
        entryFlops: heads * (7 * channels + 6 + 8 * channels),
        rowFlops: width,
        entryWork: heads * tilesOf(channels) * (40 + 12 * channels),
      };
      const out: Piece = { value: ofTarget, panel: b.index };
      const outVector: Piece = { value: ofVector, panel: b.index };
      const targets: Pass = {
        ...common,
        kernel: (part) => `attention.gatv2.grad.targets.${part}`,
        writes: { out, outVector },
        stateWords: { out: padded(width), outVector: padded(width) },
        entryWords: { x: width },
        merge: (partials) => [
          mergeRows(forward, partials.out, out, width, b, bOffset),
          mergeRows(forward, partials.outVector, outVector, width, b, bOffset),
        ],
      };
      const ofX: Piece = { value: ofSource, panel: a.index };
      const sources: Pass = {
        ...common,
        kernel: (part) => `attention.gatv2.grad.sources.${part}`,
        writes: { out: ofX },
        stateWords: { out: padded(width) },
        entryWords: { targets: width, upstream: width, packed: 2 * heads },
        merge: ({ out: partial }) => [mergeRows(backward, partial, ofX, width, a, aOffset)],
      };
      dispatches.push(...overRows(forward, targets, context), ...overRows(backward, sources, context));
    }
    return dispatches;
  },
};

/**
 * Puts together what a kernel needs beside matrices, because it binds eight buffers at most; shaders/attention/pack.wgsl.
 * @param vector of GATv2, or null
 */
function pack(
  inputs: readonly Value[],
  vector: Value | null,
  { heads: all, dropout, ...rest }: Attention,
  context: LowerContext,
) {
  const [x, , , upstream, out, logSumExp] = inputs;
  const attributes: Attention = { heads: all, dropout, ...rest };
  const channels = channelsOf(x, all);
  const stride = scoreStride(logSumExp, context);
  const ids = dropout?.ids ?? null;
  const statisticsEnd = (rows: number) => 2 * rows * stride;
  const vectorEnd = (rows: number) => statisticsEnd(rows) + (vector ? vector.cols : 0);
  const words = vectorEnd(evaluate(out.rows, context.capacity)) + (ids ? 2 * evaluate(x.rows, context.capacity) : 0);
  const packed = context.scratch('attention statistics', 'f32', words);
  const copy = (
    kernel: string,
    reads: Dispatch['reads'],
    length: Value['rows'],
    begin: (step: Step) => number,
  ): Dispatch => ({
    kernel,
    reads,
    writes: { packed },
    at(step) {
      const rows = rowsAt(length, step);
      return { params: { rows, begin: begin(step) }, threads: rows, work: rows * 4, flops: 0 };
    },
  });
  const dispatches: Dispatch[] = headRanges(upstream, out, all, context).map(({ heads, headFirst, a, aOffset, b }) => ({
    kernel: 'attention.pack.statistics',
    reads: {
      upstream: { value: upstream, panel: a.index },
      x: { value: out, panel: b.index },
      logSumExp: whole(logSumExp),
    },
    writes: { packed },
    at(step) {
      const rows = rowsAt(out.rows, step);
      const at = { targetStride: 4 * stride4(a), targetOffset: aOffset, scoreStride: stride };
      return {
        params: { rows, heads, headFirst, channels, ...at },
        threads: rows * heads,
        work: rows * heads * channels * 3,
        flops: rows * heads * channels * 2,
      };
    },
  }));
  if (vector) {
    const begin = (step: Step) => statisticsEnd(rowsAt(out.rows, step));
    dispatches.push(copy('attention.pack.vector', { attention: whole(vector) }, vector.cols, begin));
  }
  if (ids) {
    const begin = (step: Step) => vectorEnd(rowsAt(out.rows, step));
    dispatches.push(copy('attention.pack.nodes', { ids: whole(ids) }, ids.rows, begin));
  }
  const params = (range: HeadRange) => (step: Step) => ({
    ...entryParams(range, attributes, step),
    channels,
    scoreStride: stride,
    ids: ids ? vectorEnd(rowsAt(out.rows, step)) : 0,
    ...(vector ? { vector: statisticsEnd(rowsAt(out.rows, step)) } : {}),
  });
  return { packed: packed.value, params, dispatches };
}

/** Adds the segments' numbers of each head; their row of the result has them from `outOffset` on. */
function mergeScores(
  half: SparseHalf,
  partial: Piece,
  out: Piece,
  width: number,
  outStride: number,
  outOffset: number,
): Dispatch {
  return {
    kernel: 'attention.mergeSum',
    reads: { heavyRows: whole(half.heavy), partial },
    writes: { out },
    at(step) {
      const rows = rowsAt(half.heavy.rows, step);
      const parts = rowsAt(half.segments.rows, step);
      return {
        params: { rows, width, outStride, outOffset },
        threads: rows * width,
        work: parts * width * 2,
        flops: parts * width,
      };
    },
  };
}

/** Adds the segments' rows of `width` columns, which begin at column `offset` of a panel of the result. */
function mergeRows(
  half: SparseHalf,
  partial: Piece,
  out: Piece,
  width: number,
  panel: Panel,
  offset: number,
): Dispatch {
  return {
    kernel: 'aggregate.merge.sum',
    reads: { heavyRows: whole(half.heavy), partial },
    writes: { out },
    at(step) {
      const rows = rowsAt(half.heavy.rows, step);
      const parts = rowsAt(half.segments.rows, step);
      const width4 = padded4(width);
      return {
        params: { rows, width4, outStride4: stride4(panel), outOffset4: offset / 4 },
        threads: rows * width4,
        work: parts * width4 * 4,
        flops: parts * width,
      };
    },
  };
}
