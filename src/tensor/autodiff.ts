import type { OpGraph } from './op.ts';

import { add } from './ops/elementwise.ts';
import type { Value } from './value.ts';

/**
 * Reverse-mode differentiation: appends to the current routine the ops that compute the gradient of the routine's losses
 * with respect to `parameters`. Only what lies on a path from a parameter is differentiated.
 * @param ofLoss what is done with the gradient of a loss before it flows on: loss scaling
 * @param upstream gradients that come from elsewhere: of values that a loss outside this routine uses, or of a test
 * @throws where a parameter does not reach a loss, or an op on the way has no gradient: both are programming errors
 */
export function gradients(
  g: OpGraph,
  parameters: readonly Value[],
  upstream: ReadonlyMap<Value, Value> = new Map(),
  ofLoss: (gradient: Value) => Value = (gradient) => gradient,
): Map<Value, Value> {
  const nodes = g.nodes.filter((node) => node.routine === g.routine);
  const moving = new Set<Value>(parameters);
  for (const node of nodes) {
    if (node.inputs.some((value) => moving.has(value))) for (const out of node.outputs) moving.add(out);
  }
  const found = new Map(upstream);
  g.backward = true;
  for (const node of nodes.reverse()) {
    const arriving = node.outputs.map((out) => found.get(out) ?? null);
    if (!node.op.root && arriving.every((gradient) => gradient === null)) continue;
    const wanted = node.inputs.map((value) => moving.has(value));
    if (!wanted.includes(true)) continue;
    if (!node.op.gradient) throw new Error(`op '${node.op.name}' has no gradient`);
    g.segment = node.segment;
    const contributions = node.op.gradient(g, node, arriving, wanted);
    contributions.forEach((own, i) => {
      if (!own) return;
      const gradient = node.op.root ? ofLoss(own) : own;
      const before = found.get(node.inputs[i]);
      found.set(node.inputs[i], before ? add(g, before, gradient) : gradient);
    });
  }
  return new Map(
    parameters.map((parameter) => {
      const gradient = found.get(parameter);
      if (!gradient) throw new Error(`parameter '${parameter.name}' does not reach the loss`);
      return [parameter, gradient];
    }),
  );
}
