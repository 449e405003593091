import type { CsrMatrix } from '../formats/matrix.ts';
import { countingSort } from './csr.ts';
import type { RowRequest, Rows } from './request.ts';

/**
 * In which order the rows of a graph lie in a store, so that what a batch asks for lies together. Storage alone: ids of nodes
 * and edges stay what they are, and with them every sample. Like a sampler, an ordering asks for rows and does no I/O, so a
 * graph need not be in memory; it returns the nodes by their positions.
 */
export interface Ordering {
  /** How often it asks for the neighbours of all nodes. */
  readonly sweeps: number;
  /**
   * `indptr`: row offsets of the neighbours; `mostEntries`: how many it may ask for at once. Longer rows are asked for in pieces.
   */
  readonly order: (indptr: Uint32Array, mostEntries: number) => Generator<RowRequest, Uint32Array, Rows>;
}

export const ORDERING_NAMES = ['none', 'degree', 'cluster'] as const;
export type OrderingName = (typeof ORDERING_NAMES)[number];

/** Rows to a part. */
const PART = 1024;
/** As Nishimura and Ugander find, most is gained by the first few. */
const PASSES = 8;

/** Null: as the nodes come. */
export const ORDERINGS: Readonly<Record<OrderingName, Ordering | null>> = {
  none: null,
  degree: { sweeps: 1, order: byDegree },
  cluster: { sweeps: PASSES + 1, order: byCluster },
};

/** Host bytes that an ordering takes at the most, its result included. */
export const orderingBytes = (nodes: number) => 24 * nodes + 64;

/** Rows asked for at once, at the most. */
export const ORDERING_ROWS = 4096;

/**
 * Descending by how many rows list a node, which is how often it is drawn as a neighbour: the rows that every batch asks for
 * lie together, and a cache that keeps their chunks keeps little else.
 */
function* byDegree(indptr: Uint32Array, mostEntries: number): ReturnType<Ordering['order']> {
  const listed = new Uint32Array(indptr.length - 1);
  yield* eachRow(indptr, mostEntries, (neighbors) => {
    for (let e = 0; e < neighbors.length; e++) listed[neighbors[e]]++;
  });
  const most = listed.reduce((most, times) => Math.max(most, times), 0);
  for (let node = 0; node < listed.length; node++) listed[node] = most - listed[node];
  return countingSort(listed, null, most + 1).order;
}

/**
 * Parts of PART nodes with many edges inside, one after the other, and by degree within each: what is drawn around one node
 * lies together. Each node in turn goes where most of its neighbours are, the less so the fuller that part is (Stanton and Kliot,
 * "Streaming graph partitioning for large distributed graphs", KDD 2012), again and again (Nishimura and Ugander, "Restreaming
 * graph partitioning", KDD 2013). Unlike clusterings of a stream of edges it does not want them in random order, which the
 * rows of a graph are not. Whole numbers only, so the order is the same everywhere.
 */
function* byCluster(indptr: Uint32Array, mostEntries: number): ReturnType<Ordering['order']> {
  const nodes = indptr.length - 1;
  const parts = Math.ceil(nodes / PART);
  const capacity = PART + PART / 16;
  const partOf = new Uint32Array(nodes).fill(parts);
  const sizes = new Uint32Array(parts);
  const shared = new Uint32Array(parts);
  const met = new Uint32Array(parts);
  let next = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    sizes.fill(0);
    let count = 0;
    const meet = (neighbors: Uint32Array) => {
      for (let e = 0; e < neighbors.length; e++) {
        const part = partOf[neighbors[e]];
        if (part < parts && shared[part]++ === 0) met[count++] = part;
      }
    };
    const join = (row: number) => {
      let [best, most] = [-1, 0];
      for (let i = 0; i < count; i++) {
        const worth = shared[met[i]] * (capacity - sizes[met[i]]);
        shared[met[i]] = 0;
        if (worth > most) [best, most] = [met[i], worth];
      }
      if (best < 0) {
        while (sizes[next % parts] >= capacity) next++;
        best = next++ % parts;
      }
      partOf[row] = best;
      sizes[best]++;
      count = 0;
    };
    yield* eachRow(indptr, mostEntries, meet, join);
  }
  return countingSort(partOf, yield* byDegree(indptr, mostEntries), parts).order;
}

/** Visits the neighbours of every node, in the order of the nodes, those of a long row piece by piece; `ended` comes after each row. */
function* eachRow(
  indptr: Uint32Array,
  mostEntries: number,
  visit: (neighbors: Uint32Array) => void,
  ended: (row: number) => void = () => {},
): Generator<RowRequest, void, Rows> {
  const nodes = indptr.length - 1;
  for (let begin = 0, end = 0; begin < nodes; begin = end) {
    end = begin + 1;
    while (end < Math.min(nodes, begin + ORDERING_ROWS) && indptr[end + 1] - indptr[begin] <= mostEntries) end++;
    const rows = Uint32Array.from({ length: end - begin }, (_, i) => begin + i);
    // Several rows together are short enough: what is cut is a row by itself.
    let from = 0;
    do {
      const answer = yield { table: 'neighbors', rows, entries: [from, from + mostEntries] };
      from += mostEntries;
      const { indptr: offsets, indices } = answer.table as CsrMatrix;
      for (let i = 0; i < rows.length; i++) {
        visit(indices.subarray(offsets[i], offsets[i + 1]));
        if (from >= indptr[begin + i + 1] - indptr[begin + i]) ended(begin + i);
      }
    } while (from < indptr[begin + 1] - indptr[begin]);
  }
}
