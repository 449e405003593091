import type { GraphData } from '../formats/graphData.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { sortedCsr } from './csr.ts';
import { shuffled, uniformBelow } from './draw.ts';
import { deriveKey, seedKey } from './random.ts';

/**
 * A graph with hubs, for benches: both ends of an edge are node floor(n u^3), u uniform, so node i's expected degree falls as
 * i^(-2/3) and the degrees follow a power law with exponent 2.5, like many found in nature (Chung and Lu, PNAS 99(25), 2002:
 * weights i^(-1/(exponent-1))). Ids are shuffled so that hubs are not neighbours in memory. Exactly `edges` are drawn; the
 * self-loops and duplicates among them are left to `arrange`.
 */
export function powerLawGraph(nodes: number, edges: number, seed: number): GraphData {
  const key = seedKey(seed);
  const ids = shuffled(
    Uint32Array.from({ length: nodes }, (_, i) => i),
    deriveKey(key, 0, 0),
  );
  const ends = deriveKey(key, 1, 0);
  const endpoint = (edge: number, end: number) =>
    ids[Math.floor(nodes * (uniformBelow(2 ** 32, ends, edge, end) / 2 ** 32) ** 3)];
  return {
    name: `power law ${nodes} × ${edges}`,
    nodes,
    source: Uint32Array.from({ length: edges }, (_, edge) => endpoint(edge, 0)),
    target: Uint32Array.from({ length: edges }, (_, edge) => endpoint(edge, 1)),
    weight: null,
    features: null,
    labels: null,
    classNames: [],
    splits: [],
    nodeIds: null,
    positions: null,
    notes: [],
  };
}

/**
 * Exactly `edges` distinct pairs of different nodes, all equally likely (Erdős and Rényi's G(n, M)), with dense features and
 * classes, both uniform: they teach nothing, and cost what others do.
 */
export function uniformGraph(
  nodes: number,
  edges: number,
  shape: { readonly features: number; readonly classes: number },
  seed: number,
): GraphData {
  const [ends, ofFeatures, ofLabels] = [0, 1, 2].map((tag) => deriveKey(seedKey(seed), tag, 0));
  const pairs = new Set<number>();
  for (let draw = 0; pairs.size < edges; draw++) {
    const [a, b] = [uniformBelow(nodes, ends, draw, 0), uniformBelow(nodes, ends, draw, 1)];
    if (a !== b) pairs.add(Math.min(a, b) * nodes + Math.max(a, b));
  }
  const values = new Float32Array(nodes * shape.features);
  for (let i = 0; i < values.length; i++) values[i] = uniformBelow(2 ** 24, ofFeatures, i, 0) / 2 ** 24;
  return {
    name: `uniform ${nodes} × ${edges}`,
    nodes,
    source: Uint32Array.from(pairs, (pair) => Math.floor(pair / nodes)),
    target: Uint32Array.from(pairs, (pair) => pair % nodes),
    weight: null,
    features: { kind: 'dense', rows: nodes, cols: shape.features, values },
    labels: Int32Array.from({ length: nodes }, (_, node) => uniformBelow(shape.classes, ofLabels, node, 0)),
    classNames: Array.from({ length: shape.classes }, (_, i) => `class ${i}`),
    splits: [],
    nodeIds: null,
    positions: null,
    notes: [],
  };
}

/**
 * Edges of `powerLawGraph` and a self-loop for every node: exactly `entries` of them, without values, and no row is empty.
 * Duplicates, some 2 % of a million entries of 100,000 nodes, stay side by side.
 */
export function powerLawMatrix(nodes: number, entries: number, seed: number): CsrMatrix {
  const { source, target } = powerLawGraph(nodes, entries - nodes, seed);
  const loops = Uint32Array.from({ length: nodes }, (_, node) => node);
  const both = (ends: Uint32Array) => {
    const list = new Uint32Array(entries);
    list.set(loops);
    list.set(ends, nodes);
    return list;
  };
  return sortedCsr(both(target), both(source), null, nodes, nodes);
}

/**
 * Row 0 holds `hub` of the entries, the other rows share the rest evenly. Columns are uniform and in the order in which they
 * were drawn, so gathering for the hub is as scattered as for any other row: two such matrices differ in nothing but the hub.
 */
export function evenMatrix(nodes: number, entries: number, hub: number, seed: number): CsrMatrix {
  const key = seedKey(seed);
  const share = (entries - hub) / (nodes - 1);
  return {
    kind: 'sparse',
    rows: nodes,
    cols: nodes,
    indptr: Uint32Array.from({ length: nodes + 1 }, (_, row) => (row === 0 ? 0 : hub + Math.round((row - 1) * share))),
    indices: Uint32Array.from({ length: entries }, (_, entry) => uniformBelow(nodes, key, entry, 0)),
    values: null,
  };
}
