import { addValue } from '../graph.ts';
import type { Node, OpGraph } from '../op.ts';
import type { Value } from '../value.ts';
import { redirect } from './redirect.ts';

/**
 * Recomputation (gradient checkpointing): what the backward pass needs of the forward pass is not kept but computed
 * again, from the few values that are kept between segments. *Exact*: a node that runs again has the same op, the same
 * attributes (a dropout's stream with them) and inputs with the same bits, so it gives the same bits.
 *
 *   segments  the forward pass keeps what passes between about √L groups of the L segments, and each group runs once
 *             more before it is differentiated: "Training Deep Nets with Sublinear Memory Cost", Chen et al., arXiv
 *             1604.06174.
 *   tree      of each range only what its second half begins with is kept while that is differentiated, then the first
 *             half runs again from where it began; both in the same way. About log₂ L beginnings live at once; a
 *             segment runs up to log₂ L times more. The recursion that the same paper describes, with halves.
 *
 * Whatever is not computed again is read from where it was computed first and is thereby kept: the statistics of batch
 * norm (one row), what depends on a value that the routine changes, and all that the pass does not understand.
 */
export type Recomputation = 'segments' | 'tree';

/** Where a value is now: itself, or its last copy. */
type Available = ReadonlyMap<Value, Value>;

/**
 * The graph in which `routine`, differentiated already, computes forward values again; the graph given stays as it is.
 * @throws where backward nodes do not come in the reverse order of the segments: a programming error
 */
export function recompute(g: OpGraph, routine: string, how: Recomputation): OpGraph {
  const before = g.nodes.filter((node) => node.routine === routine);
  const forward = before.filter((node) => !node.backward);
  const out: OpGraph = { ...g, values: [...g.values], nodes: [...forward] };
  const { count, segmentOf, producers, backwardOf, repeatable } = describe(forward, before);
  const repeated = new Set<Node>();

  /** What must run again to have `targets`, and what that takes from before `from`. */
  const walk = (targets: Iterable<Value>, from: number, available: Available) => {
    const nodes = new Set<Node>();
    const inputs = new Set<Value>();
    const pending = [...targets];
    for (let value = pending.pop(); value; value = pending.pop()) {
      const node = producers.get(value);
      if (!node || !repeatable(node) || nodes.has(node) || available.has(value)) continue;
      if (segmentOf(node) < from) {
        inputs.add(value);
      } else {
        nodes.add(node);
        pending.push(...node.inputs);
      }
    }
    return { nodes, inputs };
  };
  /** Adds the nodes that make `targets` again, and says where all is then. */
  const repeat = (targets: Iterable<Value>, available: Available): Available => {
    const { nodes } = walk(targets, 0, available);
    const now = new Map(available);
    for (const node of forward.filter((each) => nodes.has(each))) {
      repeated.add(node);
      const outputs = node.outputs.map((value) => addValue(out, { ...value, name: `again: ${value.name}` }));
      out.nodes.push({ ...redirect(node, now), outputs, backward: true });
      node.outputs.forEach((value, i) => {
        now.set(value, outputs[i]);
      });
    }
    return now;
  };
  const usedBackward = (from: number, to: number) =>
    range(from, to).flatMap((segment) => backwardOf[segment].flatMap(({ inputs }) => inputs));

  /** Differentiates the segments from `from` to `to`. `fresh`: nothing was differentiated yet, so all is there. */
  const differentiate = (from: number, to: number, available: Available, fresh: boolean): void => {
    const parts = split(from, to, how, fresh && to - from === count);
    if (parts.length === 1) {
      const now = fresh ? available : repeat(usedBackward(from, to), available);
      for (const segment of range(from, to).reverse()) {
        for (const node of backwardOf[segment]) out.nodes.push(redirect(node, now));
      }
      return;
    }
    const kept = new Map(available);
    for (const [start] of parts.slice(1)) {
      const { inputs } = walk(usedBackward(start, to), start, kept);
      const now = fresh ? new Map([...inputs].map((value) => [value, value])) : repeat(inputs, kept);
      for (const value of inputs) kept.set(value, now.get(value)!);
    }
    for (const [start, end] of parts.toReversed()) differentiate(start, end, kept, fresh && end === to);
  };
  differentiate(0, count, new Map(), true);

  const nodes = withoutUnused(out.nodes, repeated);
  const first = g.nodes.indexOf(before[0]);
  const others = (list: Node[]) => list.filter((node) => node.routine !== routine);
  return { ...out, nodes: [...others(g.nodes.slice(0, first)), ...nodes, ...others(g.nodes.slice(first))] };
}

/** What the pass must know of a routine. Segments are counted anew, empty ones left out. */
function describe(forward: readonly Node[], all: readonly Node[]) {
  const numbers = [...new Set(forward.map(({ segment }) => segment))].sort((a, b) => a - b);
  const ranks = new Map(numbers.map((segment, rank) => [segment, rank]));
  const segmentOf = ({ segment }: Node) => ranks.get(segment) ?? -1;
  const producers = new Map(forward.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
  const backwardOf: Node[][] = numbers.map(() => []);
  let last = numbers.length - 1;
  let lastUse = 0;
  all.forEach((node, i) => {
    if (!node.backward) return;
    const segment = segmentOf(node);
    if (segment > last || segment < 0) throw new Error(`'${node.op.name}' is not differentiated in reverse order`);
    last = segment;
    backwardOf[segment].push(node);
    if (node.inputs.some((value) => producers.has(value))) lastUse = i;
  });
  const changed = new Set(all.slice(0, lastUse + 1).flatMap(({ updates }) => updates));
  const repeatable = ({ inputs, outputs, updates }: Node) =>
    updates.length === 0 &&
    outputs.every(({ lifetime, rows }) => lifetime === 'transient' && rows !== 1) &&
    !inputs.some((value) => changed.has(value));
  return { count: numbers.length, segmentOf, producers, backwardOf, repeatable };
}

/** The parts of a range of segments; a single one where it is differentiated in one go. */
function split(from: number, to: number, how: Recomputation, whole: boolean): [start: number, end: number][] {
  const length = to - from;
  const parts = how === 'tree' ? Math.min(2, length) : whole ? Math.max(1, Math.round(Math.sqrt(length))) : 1;
  const start = (i: number) => from + Math.ceil((i * length) / parts);
  return range(0, parts).map((i) => [start(i), start(i + 1)]);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Leaves out the first run of what only the backward pass used and has its own copy of now. */
function withoutUnused(nodes: readonly Node[], repeated: ReadonlySet<Node>): Node[] {
  const used = new Set<Value>();
  const kept = nodes.toReversed().filter((node) => {
    if (repeated.has(node) && !node.outputs.some((value) => used.has(value))) return false;
    for (const value of node.inputs) used.add(value);
    return true;
  });
  return kept.reverse();
}
