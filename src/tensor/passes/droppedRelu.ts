import type { Node, OpGraph } from '../op.ts';
import { activateGradOp } from '../ops/activation.ts';
import { dropoutOp, dropScaleOp } from '../ops/dropout.ts';
import type { Value } from '../value.ts';

/**
 * The gradient through dropout(relu(x)) from what was dropped, an *exact* pass over a differentiated routine: an element of the output is
 * above 0 where it was neither dropped nor cut off, and there alone the gradient passes, times the scale of the dropout. So the mask is
 * not drawn a second time, and the output of the ReLU is not kept: the layer that follows keeps the dropped one anyway.
 */
export function droppedRelu(g: OpGraph, routine: string): OpGraph {
  const own = g.nodes.filter((node) => node.routine === routine);
  const producers = new Map(own.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
  const uses = new Map<Value, number>();
  for (const value of own.flatMap(({ inputs }) => inputs)) uses.set(value, (uses.get(value) ?? 0) + 1);
  const drops = own.filter(({ op, backward }) => op === dropoutOp && !backward);
  const instead = new Map<Node, Node>();
  for (const gate of own.filter(isReluGrad)) {
    const [upstream, output] = gate.inputs;
    const again = producers.get(upstream);
    const drop = drops.find(({ inputs }) => inputs[0] === output);
    if (!drop || again?.op !== dropoutOp || again.attributes !== drop.attributes || uses.get(upstream) !== 1) continue;
    instead.set(again, { ...again, op: dropScaleOp, inputs: again.inputs.slice(0, 1), attributes: null });
    instead.set(gate, { ...gate, inputs: [upstream, drop.outputs[0]] });
  }
  return { ...g, nodes: g.nodes.map((node) => instead.get(node) ?? node) };
}

function isReluGrad({ op, attributes }: Node): boolean {
  return op === activateGradOp && (attributes as { kind: string }).kind === 'relu';
}
