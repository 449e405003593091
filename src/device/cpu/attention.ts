import { threefry } from '../../graph/random.ts';
import { padded } from '../../tensor/value.ts';
import type { CpuKernel, Floats, Params } from './kernel.ts';

/** Attention over compressed sparse rows; see shaders/attention. Nothing is cut into tiles: a loop needs no parallelism. */

type Score = (source: number, row: number, head: number) => number;

const leaky = (x: number, slope: number) => (x < 0 ? slope * x : x);

/** Multiplies a coefficient: 0 where it is dropped, else the scale. */
function keeping(p: Params, id: (node: number) => number): Score {
  if (p.threshold === 0) return () => 1;
  const hash = new Uint32Array(2);
  const scale = 1 / (1 - p.threshold / 65_536);
  const [key0, key1] = [p.key0 | 0, p.key1 | 0];
  return (source, row, head) => {
    const number = p.headFirst + head;
    threefry(key0, (key1 + (number >> 2)) | 0, id(row), id(source), hash);
    const bits = (hash[(number & 3) >> 1] >>> (number & 1 ? 16 : 0)) & 0xffff;
    return bits < p.threshold ? 0 : scale;
  };
}

type Buffers = Parameters<CpuKernel>[0];

/** The score before the LeakyReLU. */
function rawGat({ floats: { scoreSource, scoreTarget } }: Buffers, p: Params): Score {
  return (source, row, head) =>
    scoreSource[source * p.scoreStride + p.headFirst + head] + scoreTarget[row * p.scoreStride + p.headFirst + head];
}

function scoreGat(operands: Buffers, p: Params): Score {
  const raw = rawGat(operands, p);
  return (source, row, head) => leaky(raw(source, row, head), p.negativeSlope);
}

/** @param first where the vector begins in `vector` */
function scoreGatv2({ floats: { x, targets } }: Buffers, p: Params, vector: Floats, first: number): Score {
  return (source, row, head) => {
    const a = first + (p.headFirst + head) * p.channels;
    const s = source * p.sourceStride + p.sourceOffset + head * p.channels;
    const t = row * p.targetStride + p.targetOffset + head * p.channels;
    let score = 0;
    for (let c = 0; c < p.channels; c++) score += vector[a + c] * leaky(x[s + c] + targets[t + c], p.negativeSlope);
    return score;
  };
}

/** Calls `visit` with each row that is not heavy, or with each segment: its number, its row, its entries. */
type Visit = (number: number, row: number, begin: number, end: number) => void;
type Walk = (words: Buffers['words'], p: Params, visit: Visit) => void;

const eachRow: Walk = ({ indptr }, p, visit) => {
  for (let row = 0; row < p.rows; row++) {
    if (indptr[row + 1] - indptr[row] <= p.heavy) visit(row, row, indptr[row], indptr[row + 1]);
  }
};

const eachSegment: Walk = ({ segments }, p, visit) => {
  for (let s = 0; s < p.rows; s++) visit(s, segments[s * 4], segments[s * 4 + 1], segments[s * 4 + 2]);
};

/** Running softmax of one row and head: largest score, sum, weighted sum of the channels. */
interface State {
  largest: number;
  sum: number;
  readonly x: Float64Array;
}

const newState = (channels: number): State => ({ largest: -1e38, sum: 0, x: new Float64Array(channels) });

function reset(state: State): void {
  state.largest = -1e38;
  state.sum = 0;
  state.x.fill(0);
}

/** Makes room for a score: what was summed before counts relative to the larger one. Returns what the score counts. */
function rescale(state: State, score: number): number {
  if (!(score > state.largest)) return Math.exp(score - state.largest);
  const before = Math.exp(state.largest - score);
  state.largest = score;
  state.sum *= before;
  for (let c = 0; c < state.x.length; c++) state.x[c] *= before;
  return 1;
}

function finish(state: State, { out, outLogSumExp }: Buffers['floats'], p: Params, row: number, head: number): void {
  const to = row * p.targetStride + p.targetOffset + head * p.channels;
  for (let c = 0; c < p.channels; c++) out[to + c] = state.sum === 0 ? 0 : state.x[c] / state.sum;
  const known = state.sum === 0 ? -1e38 : state.largest + Math.log(state.sum);
  outLogSumExp[row * p.scoreStride + p.headFirst + head] = known;
}

/** Zeros where a row ends in padding. */
function pad(out: Floats, row: number, stride: number, end: number): void {
  if (stride - end < 4) out.fill(0, row * stride + end, (row + 1) * stride);
}

function forward(walk: Walk, scoring: (operands: Buffers, p: Params) => Score): CpuKernel {
  return (operands, p) => {
    const { floats, words } = operands;
    const { ids, indices } = words;
    const score = scoring(operands, p);
    const kept = keeping(p, (node) => (ids ? ids[node] : node));
    const state = newState(p.channels);
    walk(words, p, (number, row, begin, end) => {
      for (let head = 0; head < p.heads; head++) {
        reset(state);
        for (let e = begin; e < end; e++) {
          const source = indices[e];
          const counts = rescale(state, score(source, row, head));
          state.sum += counts;
          const weight = counts * kept(source, row, head);
          const from = source * p.sourceStride + p.sourceOffset + head * p.channels;
          for (let c = 0; c < p.channels; c++) state.x[c] += weight * floats.x[from + c];
        }
        if (walk === eachRow) finish(state, floats, p, row, head);
        else {
          putHead(floats.out, walk, number, head, state.x, p.targetStride, p.targetOffset, p);
          floats.outLogSumExp.set([state.largest, state.sum], 2 * (number * p.heads + head));
        }
      }
      if (walk === eachRow) pad(floats.out, row, p.targetStride, p.targetOffset + p.heads * p.channels);
    });
  };
}

const merge: CpuKernel = ({ floats, words: { heavyRows } }, p) => {
  const { partial, states } = floats;
  const state = newState(p.channels);
  const stride = padded(p.heads * p.channels);
  for (let h = 0; h < p.rows; h++) {
    const [row, first, count] = heavyRows.subarray(h * 4, h * 4 + 3);
    for (let head = 0; head < p.heads; head++) {
      reset(state);
      for (let s = first; s < first + count; s++) {
        const known = 2 * (s * p.heads + head);
        const counts = rescale(state, states[known]);
        state.sum += counts * states[known + 1];
        const at = s * stride + head * p.channels;
        for (let c = 0; c < p.channels; c++) state.x[c] += counts * partial[at + c];
      }
      finish(state, floats, p, row, head);
    }
    pad(floats.out, row, p.targetStride, p.targetOffset + p.heads * p.channels);
  }
};

const statistics: CpuKernel = ({ floats: { upstream, x, logSumExp, packed } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    for (let head = 0; head < p.heads; head++) {
      const begin = row * p.targetStride + p.targetOffset + head * p.channels;
      let sum = 0;
      for (let c = begin; c < begin + p.channels; c++) sum += upstream[c] * x[c];
      const at = row * p.scoreStride + p.headFirst + head;
      packed[2 * at] = logSumExp[at];
      packed[2 * at + 1] = sum;
    }
  }
};

const vector: CpuKernel = ({ floats: { attention, packed } }, p) => {
  for (let i = 0; i < p.rows; i++) packed[p.begin + i] = attention[i];
};

const nodes: CpuKernel = ({ floats: { packed }, words: { ids } }, p) => {
  for (let i = 0; i < p.rows; i++) {
    packed[p.begin + 2 * i] = ids[i] >>> 16;
    packed[p.begin + 2 * i + 1] = ids[i] & 0xffff;
  }
};

/** The mask of the backward pass: ids are in `packed`. */
function keepingPacked(packed: Floats, p: Params): Score {
  return keeping(p, (node) =>
    p.ids === 0 ? node : (packed[p.ids + 2 * node] * 65_536 + packed[p.ids + 2 * node + 1]) | 0,
  );
}

/** The ends of an entry of a row, by whether rows are targets or (over the transpose) sources. */
const ENDS = {
  targets: (row: number, other: number) => [other, row] as const,
  sources: (row: number, other: number) => [row, other] as const,
};

function gatScores(walk: Walk, ends: (typeof ENDS)[keyof typeof ENDS]): CpuKernel {
  return (operands, p) => {
    const { floats, words } = operands;
    const { x, upstream, packed, outScores } = floats;
    const raw = rawGat(operands, p);
    const kept = keepingPacked(packed, p);
    walk(words, p, (number, row, begin, end) => {
      for (let head = 0; head < p.heads; head++) {
        let sum = 0;
        for (let e = begin; e < end; e++) {
          const [source, target] = ends(row, words.indices[e]);
          const score = raw(source, target, head);
          const at = 2 * (target * p.scoreStride + p.headFirst + head);
          const s = source * p.sourceStride + p.sourceOffset + head * p.channels;
          const t = target * p.targetStride + p.targetOffset + head * p.channels;
          let dot = 0;
          for (let c = 0; c < p.channels; c++) dot += upstream[t + c] * x[s + c];
          const alpha = Math.exp(leaky(score, p.negativeSlope) - packed[at]);
          sum += alpha * (kept(source, target, head) * dot - packed[at + 1]) * (score > 0 ? 1 : p.negativeSlope);
        }
        if (walk === eachRow) outScores[row * p.scoreStride + p.headFirst + head] = sum;
        else outScores[number * p.heads + head] = sum;
      }
      if (walk === eachRow) pad(outScores, row, p.scoreStride, p.headFirst + p.heads);
    });
  };
}

function gatFeatures(walk: Walk): CpuKernel {
  return (operands, p) => {
    const { floats, words } = operands;
    const { upstream, packed, out } = floats;
    const score = scoreGat(operands, p);
    const kept = keepingPacked(packed, p);
    const sum = new Float64Array(p.channels);
    walk(words, p, (number, source, begin, end) => {
      for (let head = 0; head < p.heads; head++) {
        sum.fill(0);
        for (let e = begin; e < end; e++) {
          const row = words.indices[e];
          const alpha = Math.exp(score(source, row, head) - packed[2 * (row * p.scoreStride + p.headFirst + head)]);
          const weight = alpha * kept(source, row, head);
          const t = row * p.targetStride + p.targetOffset + head * p.channels;
          for (let c = 0; c < p.channels; c++) sum[c] += weight * upstream[t + c];
        }
        putHead(out, walk, number, head, sum, p.sourceStride, p.sourceOffset, p);
      }
    });
  };
}

/** Stores the sums of one head in its row, or in the row of its segment. */
function putHead(
  out: Floats,
  walk: Walk,
  number: number,
  head: number,
  sum: Float64Array,
  rowStride: number,
  rowOffset: number,
  p: Params,
): void {
  const width = p.heads * p.channels;
  const [stride, offset] = walk === eachRow ? [rowStride, rowOffset] : [padded(width), 0];
  out.set(sum, number * stride + offset + head * p.channels);
  if (head + 1 === p.heads) pad(out, number, stride, offset + width);
}

/** What one entry gives for one head of GATv2: the gradient of its score, and its coefficient after dropout. */
function gatv2Entry(operands: Buffers, p: Params): (source: number, row: number, head: number) => [number, number] {
  const { x, upstream, packed } = operands.floats;
  const score = scoreGatv2(operands, p, packed, p.vector);
  const kept = keepingPacked(packed, p);
  return (source, row, head) => {
    const s = source * p.sourceStride + p.sourceOffset + head * p.channels;
    const t = row * p.targetStride + p.targetOffset + head * p.channels;
    let dot = 0;
    for (let c = 0; c < p.channels; c++) dot += upstream[t + c] * x[s + c];
    const at = 2 * (row * p.scoreStride + p.headFirst + head);
    const alpha = Math.exp(score(source, row, head) - packed[at]);
    const scale = kept(source, row, head);
    return [alpha * (scale * dot - packed[at + 1]), alpha * scale];
  };
}

function gatv2Targets(walk: Walk): CpuKernel {
  return (operands, p) => {
    const { floats, words } = operands;
    const { x, targets, packed, out, outVector } = floats;
    const entry = gatv2Entry(operands, p);
    const [ofSum, ofVector] = [new Float64Array(p.channels), new Float64Array(p.channels)];
    walk(words, p, (number, row, begin, end) => {
      for (let head = 0; head < p.heads; head++) {
        ofSum.fill(0);
        ofVector.fill(0);
        const t = row * p.targetStride + p.targetOffset + head * p.channels;
        for (let e = begin; e < end; e++) {
          const [gradient] = entry(words.indices[e], row, head);
          const s = words.indices[e] * p.sourceStride + p.sourceOffset + head * p.channels;
          for (let c = 0; c < p.channels; c++) {
            const u = x[s + c] + targets[t + c];
            ofSum[c] += gradient * (u > 0 ? 1 : p.negativeSlope);
            ofVector[c] += gradient * leaky(u, p.negativeSlope);
          }
        }
        const a = p.vector + (p.headFirst + head) * p.channels;
        for (let c = 0; c < p.channels; c++) ofSum[c] *= packed[a + c];
        putHead(out, walk, number, head, ofSum, p.targetStride, p.targetOffset, p);
        putHead(outVector, walk, number, head, ofVector, p.targetStride, p.targetOffset, p);
      }
    });
  };
}

function gatv2Sources(walk: Walk): CpuKernel {
  return (operands, p) => {
    const { floats, words } = operands;
    const { x, targets, upstream, packed, out } = floats;
    const entry = gatv2Entry(operands, p);
    const sum = new Float64Array(p.channels);
    walk(words, p, (number, source, begin, end) => {
      for (let head = 0; head < p.heads; head++) {
        sum.fill(0);
        const a = p.vector + (p.headFirst + head) * p.channels;
        const s = source * p.sourceStride + p.sourceOffset + head * p.channels;
        for (let e = begin; e < end; e++) {
          const row = words.indices[e];
          const [gradient, weight] = entry(source, row, head);
          const t = row * p.targetStride + p.targetOffset + head * p.channels;
          for (let c = 0; c < p.channels; c++) {
            const slope = x[s + c] + targets[t + c] > 0 ? 1 : p.negativeSlope;
            sum[c] += weight * upstream[t + c] + gradient * packed[a + c] * slope;
          }
        }
        putHead(out, walk, number, head, sum, p.sourceStride, p.sourceOffset, p);
      }
    });
  };
}

const mergeSum: CpuKernel = ({ floats: { partial, out }, words: { heavyRows } }, p) => {
  for (let h = 0; h < p.rows; h++) {
    const [row, first, count] = heavyRows.subarray(h * 4, h * 4 + 3);
    for (let c = 0; c < p.width; c++) {
      let sum = 0;
      for (let s = first; s < first + count; s++) sum += partial[s * p.width + c];
      out[row * p.outStride + p.outOffset + c] = sum;
    }
    pad(out, row, p.outStride, p.outOffset + p.width);
  }
};

const gatv2Forward = (operands: Buffers, p: Params) => scoreGatv2(operands, p, operands.floats.vector, 0);
const WALKS = [
  ['rows', eachRow],
  ['segments', eachSegment],
] as const;

export const attentionKernels: Record<string, CpuKernel> = {
  ...Object.fromEntries(
    WALKS.flatMap(([part, walk]) => [
      ...['global', 'local'].flatMap((ids) => [
        [`attention.gat.${part}.${ids}`, forward(walk, scoreGat)],
        [`attention.gatv2.${part}.${ids}`, forward(walk, gatv2Forward)],
      ]),
      [`attention.gat.grad.targets.${part}`, gatScores(walk, ENDS.targets)],
      [`attention.gat.grad.sources.${part}`, gatScores(walk, ENDS.sources)],
      [`attention.gat.grad.features.${part}`, gatFeatures(walk)],
      [`attention.gatv2.grad.targets.${part}`, gatv2Targets(walk)],
      [`attention.gatv2.grad.sources.${part}`, gatv2Sources(walk)],
    ]),
  ),
  'attention.merge': merge,
  'attention.mergeSum': mergeSum,
  'attention.pack.statistics': statistics,
  'attention.pack.vector': vector,
  'attention.pack.nodes': nodes,
};
