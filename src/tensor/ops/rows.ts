import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Node, type Op, type OpGraph, rowsAt } from '../op.ts';
import { overlaps, padded4, stride4 } from '../panels.ts';
import { type Size, sameSize, type Value } from '../value.ts';

/** Prefixes of rows: in a sampled block the target nodes are the first of the source nodes. */

/** The first `rows` rows of x, of which there must be as many in every step; x itself where it has no more. */
export function firstRows(g: OpGraph, x: Value, rows: Size): Value {
  if (sameSize(x.rows, rows)) return x;
  const out = activation(g, `first rows of ${x.name}`, rows, x.cols);
  addNode(g, firstRowsOp, [x], [out], null);
  return out;
}

export const firstRowsOp: Op<null> = {
  name: 'firstRows',
  locality: 'row',
  gradient(g, { inputs: [x] }, [upstream], wanted) {
    if (!wanted[0]) return [null];
    const out = activation(g, `${x.name}.grad`, x.rows, x.cols);
    addNode(g, padRowsOp, [upstream!], [out], null);
    return [out];
  },
  lower: (node, context) => copyRows(node, node.outputs[0].rows, context),
};

/** The rows of x, and zeros in the rows below them. */
export const padRowsOp: Op<null> = {
  name: 'padRows',
  locality: 'row',
  lower: (node, context) => copyRows(node, node.inputs[0].rows, context),
};

/** The rows that both have; the two may be cut into different panels, because one is taller. */
function copyRows({ inputs: [x], outputs: [out] }: Node<null>, common: Size, { panels }: LowerContext): Dispatch[] {
  return overlaps(panels(x), panels(out)).map(({ a, b, first, cols }) => ({
    kernel: 'copy.rows',
    reads: { x: { value: x, panel: a.index } },
    writes: { out: { value: out, panel: b.index } },
    at(step) {
      const rows = rowsAt(out.rows, step);
      const width4 = padded4(cols);
      return {
        params: {
          rows,
          width4,
          copied: rowsAt(common, step),
          xStride4: stride4(a),
          xOffset4: (first - a.first) / 4,
          outStride4: stride4(b),
          outOffset4: (first - b.first) / 4,
        },
        threads: rows * width4,
        work: rows * width4 * 8,
        flops: 0,
      };
    },
  }));
}
