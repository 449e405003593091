import type { Node } from '../op.ts';
import type { Value } from '../value.ts';

/** A node whose inputs are read from where they are now, also where its attributes name them. */
export function redirect(node: Node, available: ReadonlyMap<Value, Value>): Node {
  const inputs = node.inputs.map((value) => available.get(value) ?? value);
  const moved = new Map(node.inputs.map((value, i) => [value as unknown, inputs[i] as unknown]));
  return { ...node, inputs, attributes: replaced(node.attributes, moved) };
}

/** Plain data with the objects of `moved` exchanged; what appears twice in it does so afterwards, too. */
function replaced(data: unknown, moved: Map<unknown, unknown>): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const known = moved.get(data);
  if (known) return known;
  const entries = Object.entries(data).map(([key, part]) => [key, replaced(part, moved)] as const);
  const plain = Object.getPrototypeOf(data) === Object.prototype;
  const same = !plain || entries.every(([key, part]) => part === (data as Record<string, unknown>)[key]);
  const result = same ? data : Object.fromEntries(entries);
  moved.set(data, result);
  return result;
}
