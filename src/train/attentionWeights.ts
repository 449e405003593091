import type { HostArray } from '../device/executor.ts';
import type { Node, OpGraph } from '../tensor/op.ts';
import { gatOp, gatv2Op } from '../tensor/ops/attention.ts';
import type { Attention } from '../tensor/ops/attentionEntries.ts';
import type { Value } from '../tensor/value.ts';

/**
 * The coefficients of attention, which no kernel ever stores: one node's are computed from what its layers' scores are made of. Without
 * dropout, as in every evaluation.
 */

/** The neighbours that a node attends to, itself among them, and how: one matrix per layer. */
export interface NodeAttention {
  /** Ascending. */
  readonly sources: Uint32Array;
  readonly layers: readonly {
    readonly heads: number /** sources × heads; each column sums to 1. */;
    readonly weights: Float32Array;
  }[];
}

/** A layer of attention whose scores can be computed, for any nodes whose rows were read. */
export interface AttentionLayer {
  readonly heads: number;
  /** Of what scores are computed from. */
  readonly bytes: number;
  score(source: number, target: number, head: number): number;
}

type AttentionNode = Node<Attention>;

/** The attention of a program, layer by layer; none where its model has none. */
export function attentionNodes({ nodes }: OpGraph): AttentionNode[] {
  return (nodes as AttentionNode[]).filter(({ op }) => op === gatOp || op === gatv2Op);
}

/** What the scores of a layer are computed from; see tensor/ops/attention.ts. */
export function scoreValues({ op, inputs }: AttentionNode): readonly Value[] {
  return op === gatOp ? inputs.slice(1, 3) : inputs.slice(0, 3);
}

/** Where the row of a node is, among those of the sources; targets are the first of them. */
export type PlaceOf = (node: number) => number;

/** @param read what `scoreValues` names, as rows × columns */
export function attentionLayer(node: AttentionNode, read: readonly HostArray[], placeOf: PlaceOf): AttentionLayer {
  const { heads, negativeSlope } = node.attributes;
  const bytes = read.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const leaky = (x: number) => (x > 0 ? x : negativeSlope * x);
  if (node.op === gatOp) {
    const [ofSource, ofTarget] = read;
    const score: AttentionLayer['score'] = (source, target, head) =>
      leaky(ofSource[placeOf(source) * heads + head] + ofTarget[placeOf(target) * heads + head]);
    return { heads, bytes, score };
  }
  const [sources, targets, vector] = read;
  const width = vector.length;
  const channels = width / heads;
  return {
    heads,
    bytes,
    score(source, target, head) {
      const [j, i] = [placeOf(source), placeOf(target)];
      let sum = 0;
      for (let c = head * channels; c < (head + 1) * channels; c++) {
        sum += vector[c] * leaky(sources[j * width + c] + targets[i * width + c]);
      }
      return sum;
    },
  };
}

/**
 * Softmax of the scores over the neighbours of a node and itself, in float64, head by head.
 * @param row its neighbours, ascending
 */
export function attentionOf(layers: readonly AttentionLayer[], row: Uint32Array, node: number): NodeAttention {
  const sources = row.includes(node) ? row.slice() : withEntry(row, node);
  return {
    sources,
    layers: layers.map(({ heads, score }) => {
      const weights = new Float32Array(sources.length * heads);
      for (let head = 0; head < heads; head++) {
        const scores = Float64Array.from(sources, (source) => score(source, node, head));
        const largest = scores.reduce((a, b) => Math.max(a, b));
        const powers = scores.map((value) => Math.exp(value - largest));
        const sum = powers.reduce((a, b) => a + b);
        for (const [i, power] of powers.entries()) weights[i * heads + head] = power / sum;
      }
      return { heads, weights };
    }),
  };
}

function withEntry(row: Uint32Array, node: number): Uint32Array {
  const all = new Uint32Array(row.length + 1);
  all.set(row);
  all[row.length] = node;
  return all.sort();
}
