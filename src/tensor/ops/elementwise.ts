import { mergeSum, splitRows } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, rowsAt, type Step, whole } from '../op.ts';
import { padded4, stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';

/** Ops on each element, and the column sum that is the gradient of a bias. */

/** x + b, with b one row that is added to every row of x. */
export function addBias(g: OpGraph, x: Value, b: Value): Value {
  if (b.rows !== 1 || b.cols !== x.cols) throw new Error(`addBias: ${b.name} must be 1 × ${x.cols}`);
  const out = activation(g, `${x.name} + ${b.name}`, x.rows, x.cols);
  addNode(g, addBiasOp, [x, b], [out], null);
  return out;
}

export const addBiasOp: Op<null> = {
  name: 'addBias',
  locality: 'row',
  gradient(g, node, [upstream], wanted) {
    const [, b] = node.inputs;
    return [wanted[0] ? upstream : null, wanted[1] ? sumRows(g, upstream!, `${b.name}.grad`) : null];
  },
  lower: ({ inputs: [x, b], outputs: [out] }, { panels }) => elementwise('elementwise.addBias', { x, b }, out, panels),
};

export function relu(g: OpGraph, x: Value): Value {
  const out = activation(g, `relu(${x.name})`, x.rows, x.cols);
  addNode(g, reluOp, [x], [out], null);
  return out;
}

export const reluOp: Op<null> = {
  name: 'relu',
  locality: 'row',
  gradient(g, node, [upstream], wanted) {
    // The sign of the output is the sign of the input: keeping the output alone lets the planner free the input.
    const [y] = node.outputs;
    if (!wanted[0]) return [null];
    const out = activation(g, `${node.inputs[0].name}.grad`, y.rows, y.cols);
    addNode(g, reluGradOp, [upstream!, y], [out], null);
    return [out];
  },
  lower: ({ inputs: [x], outputs: [out] }, { panels }) => elementwise('elementwise.relu', { x }, out, panels),
};

export const reluGradOp: Op<null> = {
  name: 'reluGrad',
  locality: 'row',
  lower: ({ inputs: [x, y], outputs: [out] }, { panels }) => elementwise('elementwise.reluGrad', { x, y }, out, panels),
};

/** Sum of two matrices of one shape: where a value is used twice, its gradients meet here. */
export function add(g: OpGraph, x: Value, y: Value): Value {
  if (!sameSize(x.rows, y.rows) || x.cols !== y.cols) throw new Error(`add: ${x.name} and ${y.name} differ in shape`);
  const out = activation(g, `${x.name} + ${y.name}`, x.rows, x.cols);
  addNode(g, addOp, [x, y], [out], null);
  return out;
}

export const addOp: Op<null> = {
  name: 'add',
  locality: 'row',
  gradient: (_g, _node, [upstream], wanted) => wanted.map((want) => (want ? upstream : null)),
  lower: ({ inputs: [x, y], outputs: [out] }, { panels }) => elementwise('elementwise.add', { x, y }, out, panels),
};

/** One dispatch per panel, one operation per element; operands of one row (a bias) are cut into the panels of the output by an offset. */
function elementwise(
  kernel: string,
  operands: Readonly<Record<string, Value>>,
  out: Value,
  panels: (value: Value) => readonly { index: number; first: number; cols: number }[],
): Dispatch[] {
  return panels(out).map((panel) => ({
    kernel,
    reads: Object.fromEntries(
      Object.entries(operands).map(([name, value]) => [name, { value, panel: value.rows === 1 ? 0 : panel.index }]),
    ),
    writes: { out: { value: out, panel: panel.index } },
    at(step) {
      const rows = rowsAt(out.rows, step);
      const width4 = stride4(panel);
      return {
        params: { rows, width4, column4: panel.first / 4 },
        threads: rows * width4,
        work: rows * width4 * 12,
        flops: rows * panel.cols,
      };
    },
  }));
}

/** Column sums of x, a 1 × cols matrix. */
export function sumRows(g: OpGraph, x: Value, name: string): Value {
  const out = activation(g, name, 1, x.cols);
  addNode(g, sumRowsOp, [x], [out], null);
  return out;
}

export const sumRowsOp: Op<null> = {
  name: 'sumRows',
  locality: 'reduce',
  lower({ inputs: [x], outputs: [out] }, context) {
    return columnSums(x, out, context);
  },
};

type Context = Parameters<Op['lower']>[1];

/** The dispatches of a column sum in two passes: chunks of rows, then the chunks in order. */
export function columnSums(
  x: Value,
  out: Value,
  { panels, scratch, capacity }: Context,
  scale?: (step: Step) => number,
  accumulate?: (step: Step) => number,
): Dispatch[] {
  return panels(x).flatMap((panel) => {
    const width4 = stride4(panel);
    const split = splitRows(x.rows, width4);
    const partial = scratch('column sums', 'f32', split.most(capacity) * width4 * 4);
    const chunks: Dispatch = {
      kernel: 'reduce.columnSum',
      reads: { x: { value: x, panel: panel.index } },
      writes: { out: partial },
      at(step) {
        const { rows, chunk, count } = split.at(step);
        return {
          params: { rows, chunk, width4 },
          threads: count * width4,
          work: rows * width4 * 4,
          flops: rows * panel.cols,
        };
      },
    };
    const shape = {
      cols: panel.cols,
      rows: 1,
      width4,
      outRow: 0,
      outStride4: padded4(out.cols),
      outOffset4: panel.first / 4,
    };
    return [chunks, mergeSum(partial, whole(out), split, shape, scale, accumulate)];
  });
}
