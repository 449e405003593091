import { addValue } from '../graph.ts';
import type { Node, OpGraph } from '../op.ts';
import { firstRowsOp } from '../ops/rows.ts';
import { symbol, type Value } from '../value.ts';
import { redirect } from './redirect.ts';

/**
 * Cutting a routine at its hops, *exact*: each part computes the rows of one level, and a strategy may run it for all nodes, batch
 * after batch, before the next part begins. What a later part needs of an earlier one leaves the device in between: it is
 * read back where it is computed, and a step input where it is used, of the sources that are gathered from or of the
 * targets alone. No row is computed twice: dense work comes behind the hop that makes its rows, never before the next one.
 */
export interface Level {
  /** The part's routine. */
  readonly routine: string;
  /** Symbol of the rows that it computes: its targets. */
  readonly rows: string;
  /** Symbol of the rows that it gathers from, which the level before has computed. */
  readonly sources: string;
}

export interface Part {
  readonly level: number;
  readonly routine: string;
  readonly reads: readonly Handover[];
  /** What later parts read of it. */
  readonly keeps: readonly Value[];
}

/** Rows of an earlier value as the input of a later part. */
export interface Handover {
  readonly from: Value;
  readonly into: Value;
  readonly at: 'sources' | 'targets';
}

/**
 * The graph with `routine` in parts, in the order of the levels; a level without work has none.
 * @throws where a value crosses a level in another way than by a gather or as the first rows: a programming error
 */
export function cut(
  g: OpGraph,
  routine: string,
  levels: readonly Level[],
): { readonly graph: OpGraph; readonly parts: readonly Part[] } {
  const graph: OpGraph = { ...g, values: [...g.values] };
  const whole = g.nodes.filter((node) => node.routine === routine);
  const partOf = partition(whole, levels);
  const crosses = (value: Value, level: number) =>
    (value.lifetime === 'transient' || (value.lifetime === 'step' && value.layout === 'padded')) &&
    partOf.value(value) < level;

  const placed: Node[] = [];
  const reads = levels.map((): Handover[] => []);
  for (const [level, { routine: name, rows, sources }] of levels.entries()) {
    const own = whole.filter((node) => partOf.node(node) === level);
    const now = new Map<Value, Value>();
    const arrive = (from: Value, at: Handover['at']) => {
      const known = reads[level].find((other) => other.from === from && other.at === at);
      if (known) return known.into;
      const into = addValue(graph, { ...from, lifetime: 'step', rows: symbol(at === 'sources' ? sources : rows) });
      reads[level].push({ from, into, at });
      return into;
    };
    for (const { op, inputs } of own) {
      if (op === firstRowsOp) continue;
      for (const value of inputs) {
        if (!crosses(value, level)) continue;
        if (value.layout !== 'padded' || partOf.value(value) !== level - 1) {
          throw new Error(`cut: '${op.name}' reads ${value.name}, which is not of the level before`);
        }
        now.set(value, arrive(value, 'sources'));
      }
    }
    for (const node of own) {
      const [x] = node.inputs;
      if (node.op === firstRowsOp && crosses(x, level) && !now.has(x)) now.set(node.outputs[0], arrive(x, 'targets'));
      else placed.push({ ...redirect(node, now), routine: name });
    }
  }

  const wanted = new Set(reads.flat().map(({ from }) => from));
  const parts = levels.flatMap(({ routine: name }, level): Part[] => {
    const own = whole.filter((node) => partOf.node(node) === level);
    const keeps = own.flatMap(({ outputs }) => outputs.filter((value) => wanted.has(value)));
    return own.length > 0 ? [{ level, routine: name, reads: reads[level], keeps }] : [];
  });
  const first = g.nodes.findIndex((node) => node.routine === routine);
  const others = (list: readonly Node[]) => list.filter((node) => node.routine !== routine);
  return {
    graph: { ...graph, nodes: [...others(g.nodes.slice(0, first)), ...placed, ...others(g.nodes.slice(first))] },
    parts,
  };
}

/** The level of each node: of the rows that it computes, or of the latest that it reads. */
function partition(nodes: readonly Node[], levels: readonly Level[]) {
  const numbers = new Map(levels.map(({ rows }, level) => [rows, level]));
  const levelOf = ({ rows }: Value) => (typeof rows === 'number' ? 0 : (numbers.get(rows.symbol) ?? 0));
  const values = new Map<Value, number>();
  const ofNode = new Map<Node, number>();
  const value = (each: Value) => values.get(each) ?? levelOf(each);
  for (const node of nodes) {
    const level = Math.max(0, ...node.inputs.map(value), ...node.outputs.map(levelOf));
    ofNode.set(node, level);
    for (const out of node.outputs) values.set(out, level);
  }
  return { value, node: (node: Node) => ofNode.get(node)! };
}
