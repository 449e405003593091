/** Nodes that a ring has room for, and how much of the way to the next one its layers may take. */
const ROOM = 60;
const LAYER = 0.35;

/**
 * A picture of what lies around one node: the node in the middle, and a ring for each hop. Every node has a sector of its ring in
 * proportion to the nodes that hang on it, so that edges of the tree do not cross (Eades: "Drawing free trees", Bulletin of the
 * Institute for Combinatorics and its Applications 5, 1992).
 *
 * @param parents of each node the one through which it was reached, which comes before it; the first has itself
 * @param hops of each node, from 0
 * @returns x and y of each node in [0, 1]
 */
export function concentric(parents: ArrayLike<number>, hops: ArrayLike<number>): Float32Array {
  const count = parents.length;
  const rings = Math.max(1, ...Array.from(hops));
  const weights = new Float64Array(count);
  for (let v = count - 1; v >= 0; v--) {
    weights[v] = Math.max(1, weights[v]);
    if (v > 0) weights[parents[v]] += weights[v];
  }
  /** Where the sector of a node begins, and where that of its next child does. */
  const begin = new Float64Array(count);
  const next = new Float64Array(count);
  const positions = new Float32Array(2 * count);
  // An inner node weighs as much as what hangs on it: the root all of it.
  const turn = (2 * Math.PI) / weights[0];
  const crowds = new Uint32Array(rings + 1);
  for (let v = 0; v < count; v++) crowds[hops[v]]++;
  for (let v = 0; v < count; v++) {
    if (v > 0) {
      begin[v] = next[parents[v]];
      next[parents[v]] += weights[v];
    }
    next[v] = begin[v];
    const angle = turn * (begin[v] + weights[v] / 2) - Math.PI / 2;
    // A full ring is drawn as several, one inside the other, so that its nodes lie apart.
    const layers = Math.ceil(crowds[hops[v]] / ROOM);
    const radius = (hops[v] - (LAYER * (v % layers)) / layers) / (2 * rings);
    positions[2 * v] = 0.5 + radius * Math.cos(angle);
    positions[2 * v + 1] = 0.5 + radius * Math.sin(angle);
  }
  return positions;
}
