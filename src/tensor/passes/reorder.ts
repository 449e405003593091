import { addValue } from '../graph.ts';
import type { Node, OpGraph } from '../op.ts';
import { matmulOp } from '../ops/matmul.ts';
import type { SparseMatrix } from '../ops/sparse.ts';
import { spmmOp } from '../ops/spmm.ts';
import { evaluate, type Sizes, type Value } from '../value.ts';

/**
 * A(XW) or (AX)W, a *rounding* pass: models transform before they gather, and where that costs more, they are made to gather first.
 * For the forward pass of a routine, before it is differentiated, so that the gradients follow.
 *
 * Gathering first is worth it where rows are narrower before the transformation than after it; the more so where x needs no
 * gradient (features): then nothing is gathered in the backward pass at all.
 */
export function reorder(g: OpGraph, routine: string, capacity: Sizes): OpGraph {
  const out: OpGraph = { ...g, nodes: [...g.nodes] };
  const { nodes } = out;
  for (let i = 0; i < nodes.length; i++) {
    const gather = nodes[i];
    if (gather.op !== spmmOp || gather.routine !== routine || gather.backward) continue;
    const [h, ...lists] = gather.inputs;
    const at = nodes.findIndex(({ outputs }) => outputs.includes(h));
    const product = nodes[at];
    if (product?.op !== matmulOp || product.attributes !== 'nn' || product.routine !== routine) continue;
    if (nodes.filter(({ inputs }) => inputs.includes(h)).length > 1) continue;
    const [x, weight] = product.inputs;
    const { forward } = gather.attributes as SparseMatrix;
    const sizes = {
      sources: evaluate(forward.cols, capacity),
      targets: evaluate(forward.rows, capacity),
      entries: evaluate(forward.entries, capacity),
      from: x.cols,
      to: weight.cols,
    };
    if (!gatherFirst(sizes, needsGradient(nodes, x))) continue;
    const [z] = gather.outputs;
    const ax = addValue(out, { ...h, name: `Â·(${x.name})`, rows: z.rows, cols: x.cols });
    nodes[i] = { ...product, inputs: [ax, weight], outputs: [z], segment: gather.segment };
    nodes.splice(i, 0, { ...gather, inputs: [x, ...lists], outputs: [ax] });
    nodes.splice(at, 1);
  }
  return out;
}

/** Multiply-adds of a matrix product in the time of one gathered word: between 2 (one core) and 20 (a large GPU). */
const PRODUCTS_PER_WORD = 8;

/** Rows and columns of a product with a weight, and entries of the matrix that gathers. */
export interface ProductSizes {
  readonly sources: number;
  readonly targets: number;
  readonly entries: number;
  readonly from: number;
  readonly to: number;
}

/** Whether (AX)W costs less than A(XW), forward and backward. */
export function gatherFirst({ sources, targets, entries, from, to }: ProductSizes, gradient: boolean): boolean {
  // Forward, the gradient of the weight and, where it is wanted, that of x are one product each.
  const products = gradient ? 3 : 2;
  const transformFirst = 2 * entries * to + (products * sources * from * to) / PRODUCTS_PER_WORD;
  const gathers = gradient ? 2 : 1;
  return gathers * entries * from + (products * targets * from * to) / PRODUCTS_PER_WORD < transformFirst;
}

/** Whether anything that is trained is upstream of a value. */
function needsGradient(nodes: readonly Node[], value: Value): boolean {
  if (value.purpose === 'parameters') return true;
  const producer = nodes.find(({ outputs }) => outputs.includes(value));
  return producer?.inputs.some((input) => needsGradient(nodes, input)) ?? false;
}
