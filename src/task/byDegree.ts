/** How often predictions are right, by how many neighbours a node has: a graph network has little to go by where there are few. */

/** Nodes of degree `from` to `to`, both included. */
export interface DegreeBin {
  readonly from: number;
  readonly to: number;
  readonly nodes: number;
  readonly right: number;
  /** right / nodes, NaN where there are none; and where the true share lies with 95 % confidence, by Wilson. */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

/** Of `nodes`, which have a label and a prediction, in bins 0, 1, 2–3, 4–7, 8–15, …: from the first that has a node to the last. */
export function accuracyByDegree(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  nodes: Uint32Array,
  degrees: ArrayLike<number>,
): DegreeBin[] {
  const counts: { nodes: number; right: number }[] = [];
  for (const v of nodes) {
    const bin = 32 - Math.clz32(degrees[v]);
    while (counts.length <= bin) counts.push({ nodes: 0, right: 0 });
    counts[bin].nodes++;
    if (labels[v] === predictions[v]) counts[bin].right++;
  }
  const first = counts.findIndex((count) => count.nodes > 0);
  return counts.slice(Math.max(0, first)).map((count, i) => {
    const bin = first + i;
    const [low, high] = wilsonInterval(count.right, count.nodes);
    const [from, to] = bin === 0 ? [0, 0] : [2 ** (bin - 1), 2 ** bin - 1];
    return { from, to, ...count, accuracy: count.right / count.nodes, low, high };
  });
}

/** Of the standard normal distribution, what 95 % lie within. */
const Z = 1.959964;

/**
 * Where a share lies with 95 % confidence, given `right` of `of` independent draws: Wilson's score interval, which stays within
 * 0 and 1 and is right for few draws too. https://www.jstor.org/stable/2276774. All of 0 to 1 where nothing was drawn.
 */
export function wilsonInterval(right: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const share = right / of;
  const middle = share + Z ** 2 / (2 * of);
  const reach = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  const whole = 1 + Z ** 2 / of;
  // What rounding leaves beyond the ends.
  return [Math.max(0, (middle - reach) / whole), Math.min(1, (middle + reach) / whole)];
}

/** Edges at each node: `edges` are pairs of nodes, each undirected edge once. */
export function degreesOfPairs(nodes: number, edges: Uint32Array): Uint32Array {
  const degrees = new Uint32Array(nodes);
  for (const v of edges) degrees[v]++;
  return degrees;
}
