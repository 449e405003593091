import { accumulators } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import {
  type Dispatch,
  type LowerContext,
  type Node,
  type Op,
  type OpGraph,
  type Piece,
  rowsAt,
  type Step,
  whole,
} from '../op.ts';
import { padded, sameSize, type Value } from '../value.ts';
import { type Attention, entryParams, overRows, type Pass, TILE, tilesOf } from './attentionEntries.ts';
import { gatGradOp, gatv2GradOp } from './attentionGrad.ts';
import { channelsOf, headRanges, scoreStride } from './heads.ts';
import type { SparseHalf, SparseMatrix } from './sparse.ts';
import { sumRows } from './sumRows.ts';

/**
 * Fused attention over the entries of a sparse matrix: for each head, out[i] = Σ over the entries j of row i of
 * α[i, j] · x[j], where α is the softmax over the row of a score of the two ends. One pass with an online softmax; only the
 * log-sum-exp of each row and head is kept, and the backward pass computes α again, so nothing that exists per entry is ever
 * stored. The entries count as structure: their values are ignored. A row without entries gives zeros.
 *
 * A matrix that the device's limits cut into panels must be cut between heads; otherwise planning ends with an InputError.
 */
export interface AttentionOptions {
  readonly heads: number;
  /** Slope of the LeakyReLU below zero. */
  readonly negativeSlope: number;
  /**
   * Dropout of the coefficients after the softmax, with probability `scalars.attentionDropout`; the rest is divided by what
   * is kept. `ids`: the global id of each source, of which the targets are the first; null where nodes are numbered
   * globally already. The mask is a hash of both ids and the head, so it depends on no numbering.
   */
  readonly dropout: { readonly ids: Value | null } | null;
}

/**
 * GAT: the score is LeakyReLU(scoreSource[j] + scoreTarget[i]). Veličković et al., ICLR 2018, equation 3, in which
 * aᵀ[Wh_i ‖ Wh_j] is the sum of what either end contributes.
 * @param h sources × heads·channels
 * @param scoreSource sources × heads
 * @param scoreTarget targets × heads
 * @returns targets × heads·channels
 */
export function gatAttention(
  g: OpGraph,
  matrix: SparseMatrix,
  h: Value,
  scoreSource: Value,
  scoreTarget: Value,
  options: AttentionOptions,
): Value {
  expectShape(scoreSource, h.rows, options.heads);
  expectShape(scoreTarget, matrix.forward.rows, options.heads);
  return attention(g, gatOp, matrix, h, [scoreSource, scoreTarget], options);
}

/**
 * GATv2: the score is Σ over the channels c of vector[c] · LeakyReLU(source[j, c] + target[i, c]). Brody, Alon, Yahav:
 * "How Attentive are Graph Attention Networks?", ICLR 2022, equation 7.
 * @param source sources × heads·channels; what is summed, too
 * @param target targets × heads·channels
 * @param vector 1 × heads·channels
 * @returns targets × heads·channels
 */
export function gatv2Attention(
  g: OpGraph,
  matrix: SparseMatrix,
  source: Value,
  target: Value,
  vector: Value,
  options: AttentionOptions,
): Value {
  expectShape(target, matrix.forward.rows, source.cols);
  expectShape(vector, 1, source.cols);
  return attention(g, gatv2Op, matrix, source, [target, vector], options);
}

function expectShape(value: Value, rows: Value['rows'], cols: number): void {
  if (!sameSize(value.rows, rows) || value.cols !== cols) {
    throw new Error(`attention: ${value.name} does not have ${cols} columns and as many rows as it must`);
  }
}

function attention(
  g: OpGraph,
  op: Op<Attention>,
  matrix: SparseMatrix,
  x: Value,
  ends: readonly Value[],
  { heads, negativeSlope, dropout }: AttentionOptions,
): Value {
  channelsOf(x, heads);
  const { forward } = matrix;
  if (!sameSize(forward.cols, x.rows))
    throw new Error(`attention: ${forward.name} has not as many columns as ${x.name} rows`);
  if (dropout?.ids && !sameSize(dropout.ids.rows, x.rows)) {
    throw new Error(`attention: ${dropout.ids.name} must have as many rows as ${x.name}`);
  }
  const out = activation(g, op.name, forward.rows, x.cols);
  const logSumExp = activation(g, `log-sum-exp(${op.name})`, forward.rows, heads);
  const ids = dropout?.ids ? [dropout.ids] : [];
  const inputs = [x, ...ends, forward.indptr, forward.indices, forward.segments, forward.heavy, ...ids];
  addNode(g, op, inputs, [out, logSumExp], {
    matrix,
    heads,
    negativeSlope,
    dropout: dropout && { ids: dropout.ids, stream: g.randomStreams++ },
  });
  return out;
}

export const gatOp: Op<Attention> = {
  name: 'gat',
  locality: 'aggregate',
  gradient(g, node, [upstream], wanted) {
    const [h, scoreSource, scoreTarget] = node.inputs;
    const grads = [h, scoreSource, scoreTarget].map((v) => activation(g, `${v.name}.grad`, v.rows, v.cols));
    addNode(g, gatGradOp, [h, scoreSource, scoreTarget, upstream!, ...node.outputs], grads, node.attributes);
    return node.inputs.map((_, i) => (wanted[i] ? (grads[i] ?? null) : null));
  },
  lower: (node, context) => lowerForward(node, context, 3),
};

export const gatv2Op: Op<Attention> = {
  name: 'gatv2',
  locality: 'aggregate',
  gradient(g, node, [upstream], wanted) {
    const [source, target, vector] = node.inputs;
    const [ofSource, ofTarget] = [source, target].map((v) => activation(g, `${v.name}.grad`, v.rows, v.cols));
    const ofVector = activation(g, `${vector.name}.grad of each target`, target.rows, target.cols);
    const inputs = [source, target, vector, upstream!, ...node.outputs];
    addNode(g, gatv2GradOp, inputs, [ofSource, ofTarget, ofVector], node.attributes);
    return node.inputs.map((_, i) => {
      if (!wanted[i]) return null;
      if (i === 2) return sumRows(g, ofVector, `${vector.name}.grad`);
      return [ofSource, ofTarget][i] ?? null;
    });
  },
  lower: (node, context) => lowerForward(node, context, 5 * channelsOf(node.inputs[0], node.attributes.heads)),
};

/** @param scoreFlops operations of one score */
function lowerForward(
  { op, inputs: [x, first, second], outputs: [out, logSumExp], attributes }: Node<Attention>,
  context: LowerContext,
  scoreFlops: number,
): Dispatch[] {
  const { matrix, heads: all, dropout } = attributes;
  const { forward } = matrix;
  const channels = channelsOf(x, all);
  const stride = scoreStride(logSumExp, context);
  const ids: Record<string, Piece> = dropout?.ids ? { ids: whole(dropout.ids) } : {};
  return headRanges(x, out, all, context).flatMap((range) => {
    const { heads } = range;
    const ends: Record<string, Piece> =
      op === gatOp
        ? { scoreSource: whole(first), scoreTarget: whole(second) }
        : { targets: { value: first, panel: range.b.index }, vector: whole(second) };
    const params = (step: Step) => ({ ...entryParams(range, attributes, step), channels, scoreStride: stride });
    const writes = { out: { value: out, panel: range.b.index }, outLogSumExp: whole(logSumExp) };
    const pass: Pass = {
      kernel: (part) => `attention.${op.name}.${part}.${dropout?.ids ? 'local' : 'global'}`,
      reads: { x: { value: x, panel: range.a.index }, ...ends, ...ids },
      writes,
      params,
      threads: tilesOf(heads * channels),
      stateWords: { out: padded(heads * channels), outLogSumExp: heads * accumulators.softmax.stateWords },
      merge: ({ out: partial, outLogSumExp: states }) => [
        mergeStates(forward, { partial, states }, writes, params, heads, channels),
      ],
      // Score; compare, subtract, exp, two for the sum; multiply and add each channel.
      entryFlops: heads * (scoreFlops + 5 + 2 * channels),
      // Divide, multiply each channel; log and add.
      rowFlops: heads * (channels + 3),
      entryWords: {
        x: heads * channels,
        ...(op === gatOp ? { scoreSource: heads } : {}),
        ...(dropout?.ids ? { ids: 1 } : {}),
      },
      entryWork: heads * tilesOf(channels) * (20 + 2 * scoreFlops + 3 * Math.min(channels, TILE)),
    };
    return overRows(forward, pass, context);
  });
}

function mergeStates(
  half: SparseHalf,
  states: Readonly<Record<'partial' | 'states', Piece>>,
  writes: Dispatch['writes'],
  paramsOf: (step: Step) => Record<string, number>,
  heads: number,
  channels: number,
): Dispatch {
  return {
    kernel: 'attention.merge',
    reads: { heavyRows: whole(half.heavy), ...states },
    writes,
    at(step) {
      const rows = rowsAt(half.heavy.rows, step);
      const parts = rowsAt(half.segments.rows, step) * heads;
      const { headFirst, targetStride, targetOffset, scoreStride } = paramsOf(step);
      return {
        params: { rows, heads, headFirst, channels, targetStride, targetOffset, scoreStride },
        threads: rows * tilesOf(heads * channels),
        work: parts * (channels + 20),
        // Larger of two, two exponentials of differences; two products and a sum for the sum and for each channel.
        flops: parts * (8 + 3 * channels),
      };
    },
  };
}
