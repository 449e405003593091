import { activation, addNode } from '../graph.ts';
import { type Op, type OpGraph, type Piece, rowsAt, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';
import { channelsOf, headRanges, scoreStride } from './heads.ts';
import { type Term, termSums } from './sumRows.ts';

/**
 * The dot product of each row with a vector, per head: out[row, head] = Σ over the channels c of the head of
 * x[row, c] · vector[c]. What either end of an edge contributes to a score of GAT.
 * @param x rows × heads·channels
 * @param vector 1 × heads·channels
 */
export function rowDots(g: OpGraph, x: Value, vector: Value, heads: number, name = `${x.name}·${vector.name}`): Value {
  channelsOf(x, heads);
  if (vector.rows !== 1 || vector.cols !== x.cols) throw new Error(`rowDots: ${vector.name} must be 1 × ${x.cols}`);
  const out = activation(g, name, x.rows, heads);
  addNode(g, rowDotsOp, [x, vector], [out], heads);
  return out;
}

export const rowDotsOp: Op<number> = {
  name: 'rowDots',
  locality: 'row',
  gradient(g, node, [upstream], wanted) {
    const [x, vector] = node.inputs;
    const heads = node.attributes;
    const gradients: (Value | null)[] = [null, null];
    if (wanted[0]) {
      gradients[0] = activation(g, `${x.name}.grad`, x.rows, x.cols);
      addNode(g, rowDotsRowGradOp, [upstream!, vector], [gradients[0]], heads);
    }
    if (wanted[1]) {
      gradients[1] = activation(g, `${vector.name}.grad`, 1, x.cols);
      addNode(g, rowDotsVectorGradOp, [upstream!, x], [gradients[1]], heads);
    }
    return gradients;
  },
  lower({ inputs: [x, vector], outputs: [out], attributes: heads }, context) {
    const channels = channelsOf(x, heads);
    const stride = scoreStride(out, context);
    return headRanges(x, x, heads, context).map((range) => ({
      kernel: 'rowDots.dots',
      reads: { x: { value: x, panel: range.a.index }, vector: whole(vector) },
      writes: { out: whole(out) },
      at(step) {
        const rows = rowsAt(x.rows, step);
        return {
          params: {
            rows,
            heads: range.heads,
            headFirst: range.headFirst,
            channels,
            stride: 4 * stride4(range.a),
            offset: range.aOffset,
            scoreStride: stride,
          },
          threads: rows * range.heads,
          work: rows * range.heads * channels * 3,
          flops: 2 * rows * range.heads * channels,
        };
      },
    }));
  },
};

/** upstream (rows × heads) and the vector → rows × heads·channels. */
export const rowDotsRowGradOp: Op<number> = {
  name: 'rowDotsRowGrad',
  locality: 'row',
  lower({ inputs: [upstream, vector], outputs: [out], attributes: heads }, context) {
    const stride = scoreStride(upstream, context);
    return context.panels(out).map((panel) => ({
      kernel: 'rowDots.rowGrad',
      reads: { upstream: whole(upstream), vector: whole(vector) },
      writes: { out: { value: out, panel: panel.index } },
      storesOnce: true,
      at(step) {
        const rows = rowsAt(out.rows, step);
        const width4 = stride4(panel);
        return {
          params: {
            rows,
            heads,
            channels: channelsOf(out, heads),
            scoreStride: stride,
            width4,
            column4: panel.first / 4,
          },
          threads: rows * width4,
          work: rows * width4 * 12,
          flops: rows * panel.cols,
        };
      },
    }));
  },
};

/** upstream (rows × heads) and x → 1 × heads·channels. */
export const rowDotsVectorGradOp: Op<number> = {
  name: 'rowDotsVectorGrad',
  locality: 'reduce',
  lower({ inputs: [upstream, x], outputs: [out], attributes: heads }, context) {
    if (!sameSize(upstream.rows, x.rows)) throw new Error(`rowDots: ${upstream.name} and ${x.name} differ in rows`);
    const stride = scoreStride(upstream, context);
    const channels = channelsOf(x, heads);
    const term: Term = {
      kernel: 'rowDots.vectorGrad',
      reads: (): Record<string, Piece> => ({ upstream: whole(upstream) }),
      params: ({ first }) => ({ heads, channels, scoreStride: stride, column4: first / 4 }),
      flopsPerElement: 2,
    };
    return termSums(term, x, whole(out), context);
  },
};
