import { activation, addNode } from '../graph.ts';
import { type Dispatch, type LowerContext, type Op, type OpGraph, rowsAt, type Step } from '../op.ts';
import { type Panel, stride4 } from '../panels.ts';
import { sameSize, type Value } from '../value.ts';
import { sumRows } from './sumRows.ts';

/** Ops on each element. */

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
