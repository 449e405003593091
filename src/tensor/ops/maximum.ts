import { activation, addNode } from '../graph.ts';
import type { Dispatch, LowerContext, Node, Op, OpGraph } from '../op.ts';
import { sameSize, type Value } from '../value.ts';
import { elementwise } from './elementwise.ts';

/**
 * The elementwise maximum of matrices of one shape. The gradient of an element goes to one of them, the first of equals, as
 * that of torch.stack(parts).max(dim) does on the CPU: a later value takes the place of the maximum only where it is greater.
 * https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/cpu/TensorCompareKernel.cpp
 */
export function maxOf(g: OpGraph, parts: readonly Value[]): Value {
  // Two at a time: where equals meet, the earlier one wins, and it is the first of all that came before.
  return parts.reduce((largest, part) => maximum(g, largest, part));
}

function maximum(g: OpGraph, x: Value, y: Value): Value {
  if (!sameSize(x.rows, y.rows) || x.cols !== y.cols) throw new Error(`maxOf: ${x.name} and ${y.name} differ in shape`);
  const out = activation(g, `max(${x.name}, ${y.name})`, x.rows, x.cols);
  addNode(g, maximumOp, [x, y], [out], null);
  return out;
}

export const maximumOp: Op<null> = {
  name: 'maximum',
  locality: 'row',
  gradient(g, { inputs, outputs: [largest] }, [upstream], wanted) {
    // Whether the first operand is the maximum tells both; the second need not be kept.
    const [x] = inputs;
    return inputs.map(({ name }, i) => {
      if (!wanted[i]) return null;
      const out = activation(g, `${name}.grad`, x.rows, x.cols);
      addNode(g, i === 0 ? whereEqualOp : whereUnequalOp, [x, largest, upstream!], [out], null);
      return out;
    });
  },
  lower: ({ inputs: [x, y], outputs: [out] }, { panels }) => elementwise('elementwise.maximum', { x, y }, out, panels),
};

/** upstream where x = y, else 0. */
export const whereEqualOp: Op<null> = {
  name: 'whereEqual',
  locality: 'row',
  lower: (node, { panels }) => compared('elementwise.whereEqual', node, panels),
};

/** upstream where x and y differ, else 0. */
export const whereUnequalOp: Op<null> = {
  name: 'whereUnequal',
  locality: 'row',
  lower: (node, { panels }) => compared('elementwise.whereUnequal', node, panels),
};

function compared(
  kernel: string,
  { inputs: [x, y, upstream], outputs: [out] }: Node<null>,
  panels: LowerContext['panels'],
): Dispatch[] {
  return elementwise(kernel, { x, y, upstream }, out, panels).map((dispatch) => ({
    ...dispatch,
    compares: ['x', 'y'],
  }));
}
