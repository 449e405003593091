/** Who is next to whom, from the pairs that a picture draws. */
export interface Neighbours {
  /** The neighbours of v are nodes[starts[v] .. starts[v + 1]), ascending. */
  readonly starts: Uint32Array;
  readonly nodes: Uint32Array;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

const AHEAD: Readonly<Record<Direction, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/** `edges` are pairs of nodes, each undirected edge once. */
export function neighboursOf(count: number, edges: Uint32Array): Neighbours {
  const starts = new Uint32Array(count + 1);
  for (const v of edges) starts[v + 1]++;
  for (let v = 0; v < count; v++) starts[v + 1] += starts[v];
  const next = starts.slice(0, count);
  const nodes = new Uint32Array(edges.length);
  for (let i = 0; i < edges.length; i += 2) {
    nodes[next[edges[i]]++] = edges[i + 1];
    nodes[next[edges[i + 1]]++] = edges[i];
  }
  for (let v = 0; v < count; v++) nodes.subarray(starts[v], starts[v + 1]).sort();
  return { starts, nodes };
}

export function degreeOf({ starts }: Neighbours, node: number): number {
  return starts[node + 1] - starts[node];
}

/** The nearest neighbour within 45° of a direction, y growing downwards; null where there is none. */
export function neighbourTowards(
  { starts, nodes }: Neighbours,
  positions: Float32Array,
  from: number,
  direction: Direction,
): number | null {
  const [ax, ay] = AHEAD[direction];
  let best: number | null = null;
  let least = Infinity;
  for (let i = starts[from]; i < starts[from + 1]; i++) {
    const dx = positions[2 * nodes[i]] - positions[2 * from];
    const dy = positions[2 * nodes[i] + 1] - positions[2 * from + 1];
    const ahead = dx * ax + dy * ay;
    const aside = Math.abs(dx * ay + dy * ax);
    if (ahead <= 0 || aside > ahead || dx * dx + dy * dy >= least) continue;
    least = dx * dx + dy * dy;
    best = nodes[i];
  }
  return best;
}
