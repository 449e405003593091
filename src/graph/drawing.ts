import { components } from './components.ts';
import { bothWays, drawingEdges, isDrawn } from './drawingEdges.ts';
import type { Graph } from './graph.ts';
import { gridRepulsion } from './gridRepulsion.ts';
import { normalised, type Repulsion, STEPS, settle } from './layout.ts';
import { pack } from './packing.ts';

/** A picture of the graph: where its nodes are drawn. */

/** Components up to this size sum the repulsion of all pairs. */
const EXACT_NODES = 1000;
/** Keeps far branches near: found by looking at Cora, a star and debian-small. */
const WITHIN = 1.5;
/** Nodes times steps that a large component may take. */
const WORK = 1_200_000;

export interface DrawingOptions {
  /** Nodes whose places are settled, several times a second; at the end both are the number of nodes. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * x and y of each node in [0, 1]: those that come with the graph, else computed from its edges, every component by itself
 * and then packed. Null where the graph is too large to be drawn. The same graph gets the same picture on every machine.
 */
export function drawingPositions(graph: Graph, { onProgress }: DrawingOptions = {}): Float32Array | null {
  if (!isDrawn(graph)) return null;
  if (graph.positions) return graph.positions;
  const pairs = drawingEdges(graph);
  const source = pairs.filter((_, i) => i % 2 === 0);
  const target = pairs.filter((_, i) => i % 2 === 1);
  const members = components(bothWays(graph));
  const within = edgesWithin(members, graph.nodes, source, target);
  // One for all components, so that their edges are equally long.
  const grip = gripOf(members[0].length);
  const x = new Float64Array(graph.nodes);
  const y = new Float64Array(graph.nodes);
  let done = 0;
  members.forEach((nodes, i) => {
    if (nodes.length > 1) {
      const onStep = (step: number, steps: number) => {
        if (nodes.length >= EXACT_NODES) onProgress?.(done + Math.floor((nodes.length * step) / steps), graph.nodes);
      };
      const { steps, repulsion } = effort(nodes.length);
      const placed = settle(nodes.length, within[i].source, within[i].target, {
        grip,
        within: WITHIN,
        steps,
        repulsion,
        onStep,
      });
      nodes.forEach((v, local) => {
        x[v] = placed[0][local];
        y[v] = placed[1][local];
      });
    }
    done += nodes.length;
  });
  pack(members, x, y, source, target);
  onProgress?.(graph.nodes, graph.nodes);
  return normalised(x, y);
}

/** A few dozen nodes need room; thousands would drift apart without a grip that keeps neighbourhoods together. */
function gripOf(nodes: number): number {
  return Math.min(4, Math.max(0.5, Math.sqrt(nodes) / 8));
}

function effort(nodes: number): { steps: number; repulsion?: Repulsion } {
  if (nodes <= EXACT_NODES) return { steps: STEPS };
  return { steps: Math.min(STEPS, Math.round(WORK / nodes)), repulsion: gridRepulsion };
}

/** The edges of each component, its nodes numbered from 0 in their order. */
function edgesWithin(members: readonly Uint32Array[], nodes: number, source: Uint32Array, target: Uint32Array) {
  const componentOf = new Uint32Array(nodes);
  const local = new Uint32Array(nodes);
  const counts = new Uint32Array(members.length);
  members.forEach((list, i) => {
    list.forEach((v, k) => {
      componentOf[v] = i;
      local[v] = k;
    });
  });
  for (const v of source) counts[componentOf[v]]++;
  const within = Array.from(counts, (count) => ({ source: new Uint32Array(count), target: new Uint32Array(count) }));
  counts.fill(0);
  for (let e = 0; e < source.length; e++) {
    const i = componentOf[source[e]];
    within[i].source[counts[i]] = local[source[e]];
    within[i].target[counts[i]++] = local[target[e]];
  }
  return within;
}
