import { mergeSum, splitRows } from '../accumulator.ts';
import { activation, addNode } from '../graph.ts';
import {
  type Dispatch,
  type LowerContext,
  type Op,
  type OpGraph,
  type Piece,
  rowsAt,
  type Step,
  whole,
} from '../op.ts';
import { type Panel, padded4, stride4 } from '../panels.ts';
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
  lower: ({ inputs: [x, b], outputs: [out] }, { panels }) =>
    elementwise('elementwise.addBias', { x, b }, out, panels, 1, ({ first }) => ({ column4: first / 4 })),
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

/** `perVector` of a kernel in shaders/elementwise or shaders/activation: what it reads where it writes may be fused. */
export function elementwise(...args: Parameters<typeof perVector>): Dispatch[] {
  const [, operands, out] = args;
  const names = Object.keys(operands).filter((name) => sameSize(operands[name].rows, out.rows));
  const flowing = out.rows === 1 ? [] : names;
  return perVector(...args).map((dispatch) => ({ ...dispatch, elementwise: flowing }));
}

/**
 * One dispatch per panel of the output. Operands of one row (a bias) are bound as a whole and read from an offset.
 * @param flopsPerElement as defined at Launch.flops
 * @param lists operands that are never cut
 */
export function perVector(
  kernel: string,
  operands: Readonly<Record<string, Value>>,
  out: Value,
  panels: LowerContext['panels'],
  flopsPerElement = 1,
  params: (panel: Panel, step: Step) => Readonly<Record<string, number>> = () => ({}),
  lists: Readonly<Record<string, Value>> = {},
): Dispatch[] {
  return panels(out).map((panel) => ({
    kernel,
    reads: Object.fromEntries(
      Object.entries({ ...operands, ...lists }).map(([name, value]) => [
        name,
        { value, panel: name in lists || value.rows === 1 ? 0 : panel.index },
      ]),
    ),
    writes: { out: { value: out, panel: panel.index } },
    storesOnce: true,
    at(step) {
      const rows = rowsAt(out.rows, step);
      const width4 = stride4(panel);
      return {
        params: { rows, width4, ...params(panel, step) },
        threads: rows * width4,
        work: rows * width4 * 12,
        flops: rows * panel.cols * flopsPerElement,
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

/** The dispatches of a column sum in two passes: chunks of rows, then the chunks in order. */
export function columnSums(
  x: Value,
  out: Value,
  context: LowerContext,
  scale?: (step: Step) => number,
  accumulate?: (step: Step) => number,
): Dispatch[] {
  return termSums(PLAIN, x, whole(out), context, scale, accumulate);
}

/** What is summed over rows: the kernel that sums it over one chunk of them, and what that reads beside x. */
export interface Term {
  readonly kernel: string;
  reads(panel: Panel): Readonly<Record<string, Piece>>;
  /** Beside rows, chunk and width4. */
  params(panel: Panel): Readonly<Record<string, number>>;
  readonly flopsPerElement: number;
}

const PLAIN: Term = { kernel: 'reduce.columnSum', reads: () => ({}), params: () => ({}), flopsPerElement: 1 };

/** Column sums of a term into `out`, one row that is not cut. */
export function termSums(
  term: Term,
  x: Value,
  out: Piece,
  { panels, scratch, capacity }: LowerContext,
  scale?: (step: Step) => number,
  accumulate?: (step: Step) => number,
): Dispatch[] {
  return panels(x).flatMap((panel) => {
    const width4 = stride4(panel);
    const split = splitRows(x.rows, width4);
    const partial = scratch('column sums', 'f32', split.most(capacity) * width4 * 4);
    const chunks: Dispatch = {
      kernel: term.kernel,
      reads: { x: { value: x, panel: panel.index }, ...term.reads(panel) },
      writes: { out: partial },
      at(step) {
        const { rows, chunk, count } = split.at(step);
        return {
          params: { rows, chunk, width4, ...term.params(panel) },
          threads: count * width4,
          work: rows * width4 * 4,
          flops: rows * panel.cols * term.flopsPerElement,
        };
      },
    };
    const shape = {
      cols: panel.cols,
      rows: 1,
      width4,
      outRow: 0,
      outStride4: padded4(x.cols),
      outOffset4: panel.first / 4,
    };
    return [chunks, mergeSum(partial, out, split, shape, scale, accumulate)];
  });
}
