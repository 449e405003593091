import type { GraphData } from '../formats/graphData.ts';
import { labelBuilder } from '../formats/labels.ts';
import type { CsrMatrix, DenseMatrix } from '../formats/matrix.ts';
import { sortedCsr } from './csr.ts';
import { uniformBelow } from './draw.ts';
import { deriveKey, seedKey } from './random.ts';

/** Graphs that break careless kernels and samplers; used by the tests of several rooms. */

/** Node 0 of every nasty graph. */
export const HUB = 0;

/**
 * A raw edge list over `nodes` (at least 10) with everything that goes wrong: the last tenth of the nodes is isolated, node 0
 * is adjacent to all others that are not, so that its row holds a third of all entries, some edges are listed twice, some
 * in both directions, some nodes have self-loops. With classes, sparse-looking features and, if asked for, weights.
 */
export function nastyGraphData(nodes: number, seed: number, weighted = false): GraphData {
  const key = seedKey(seed);
  const active = nodes - Math.ceil(nodes / 10);
  const pairs: [number, number][] = [];
  for (let v = 1; v < active; v++) pairs.push(v % 2 ? [v, HUB] : [HUB, v]);
  // The hub's row has active - 1 entries of twice as many; half as many edges elsewhere make it a third.
  for (let e = 0; 2 * e < active - 1; e++) {
    pairs.push([1 + uniformBelow(active - 1, key, e, 0), 1 + uniformBelow(active - 1, key, e, 1)]);
  }
  const simple = pairs.length;
  for (let e = 0; e < simple; e += 7) pairs.push(pairs[e]);
  for (let e = 3; e < simple; e += 7) pairs.push([pairs[e][1], pairs[e][0]]);
  for (let v = 0; v < active; v += 5) pairs.push([v, v]);
  const unit = (tag: number) => (_: unknown, i: number) => uniformBelow(1024, deriveKey(key, tag, 0), i, 0) / 1024;
  const cols = 7;
  const features = Float32Array.from({ length: nodes * cols }, unit(1)).map((x) => (x < 0.7 ? 0 : x));
  return {
    name: `nasty-${nodes}-${seed}`,
    nodes,
    source: Uint32Array.from(pairs, (pair) => pair[0]),
    target: Uint32Array.from(pairs, (pair) => pair[1]),
    weight: weighted ? Float32Array.from(pairs, unit(2)) : null,
    features: { kind: 'dense', rows: nodes, cols, values: features } satisfies DenseMatrix,
    labels: Int32Array.from({ length: nodes }, (_, v) => (v % 9 === 8 ? -1 : v % 4)),
    classNames: ['a', 'b', 'c', 'd'],
    splits: [],
    nodeIds: Array.from({ length: nodes }, (_, v) => `node ${v}\n"é"`),
    positions: Float32Array.from({ length: 2 * nodes }, unit(3)),
    notes: [],
  };
}

/** The same graph with several labels per node: its class, in every third node the next one too; none where it had none. */
export function withLabelSets(data: GraphData): GraphData {
  const cols = data.classNames.length;
  const labels = labelBuilder();
  for (const [node, label] of data.labels!.entries()) {
    if (label >= 0) labels.add(label);
    if (label >= 0 && node % 3 === 0) labels.add((label + 1) % cols);
    labels.endNode();
  }
  return { ...data, ...labels.finish(cols) };
}

/**
 * The same edges as a matrix for kernels, in both directions, with duplicates and self-loops LEFT IN: duplicates are equal
 * neighbouring columns, which a kernel must add up.
 */
export function nastyCsr(nodes: number, seed: number, weighted = false): CsrMatrix {
  const { source, target, weight } = nastyGraphData(nodes, seed, weighted);
  const row = Uint32Array.of(...target, ...source);
  const column = Uint32Array.of(...source, ...target);
  const values = weight && Float32Array.of(...weight, ...weight);
  return sortedCsr(row, column, values, nodes, nodes);
}
