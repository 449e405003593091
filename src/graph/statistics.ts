import { SPLIT } from '../formats/graphData.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import type { GraphOutline } from './graph.ts';

/** What a graph is like, in counts: degrees, classes, splits, and whether neighbours are of one class. */
export interface GraphStatistics {
  readonly degrees: DegreeHistogram;
  readonly classes: ClassBalance;
  /** Nodes of each split. */
  readonly splits: readonly SplitCounts[];
  /** Null where no edge joins two labelled nodes, or where edges were not counted, because they stay on disk. */
  readonly homophily: Homophily | null;
}

export interface DegreeHistogram {
  /**
   * Nodes by their degree: none, 1, 2 to 3, 4 to 7, and so on, up to the largest. The degree is the length of a node's row: the
   * neighbours that it receives messages from, itself among them where a self-loop was kept.
   */
  readonly bins: readonly number[];
  readonly mean: number;
  readonly median: number;
  readonly largest: number;
}

export interface ClassBalance {
  /** Nodes of each class; a node of several classes counts in each. */
  readonly nodes: readonly number[];
  readonly unlabelled: number;
}

export interface SplitCounts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export interface Homophily {
  /**
   * Of the edges between two labelled nodes, the share that stays within a class (Zhu et al., "Beyond homophily in graph neural
   * networks", NeurIPS 2020, definition 1); where nodes have several classes, the mean Jaccard index of the two sets.
   */
  readonly edge: number;
  /**
   * The same against what chance would give these classes with these degrees: 1 where every edge stays within its class, 0 where
   * classes tell nothing (https://arxiv.org/abs/2209.06177, section 2). Null with a single class, or several of a node.
   */
  readonly adjusted: number | null;
}

/** All that follows from an outline, in one pass over the nodes. */
export function statistics(
  { nodes, adjacency: { indptr }, labels, labelSets, classNames, splits }: GraphOutline,
  homophily: Homophily | null,
): GraphStatistics {
  return {
    degrees: degreeHistogram(indptr, nodes),
    classes: classBalance(labels, labelSets?.indices ?? null, classNames.length),
    splits: splits.map(splitCounts),
    homophily,
  };
}

function degreeHistogram(indptr: Uint32Array, nodes: number): DegreeHistogram {
  const degrees = Uint32Array.from({ length: nodes }, (_, node) => indptr[node + 1] - indptr[node]);
  const bins: number[] = [];
  for (const degree of degrees) {
    const bin = degreeBin(degree);
    while (bins.length <= bin) bins.push(0);
    bins[bin]++;
  }
  degrees.sort();
  const middle = nodes >> 1;
  const median = nodes % 2 === 1 ? degrees[middle] : (degrees[middle - 1] + degrees[middle]) / 2;
  return { bins, mean: indptr[nodes] / nodes, median, largest: degrees[nodes - 1] };
}

/** 0 for none, then one bin for each number of binary digits. */
function degreeBin(degree: number): number {
  return 32 - Math.clz32(degree);
}

/** @param entries of all classes of all nodes, where some have several */
function classBalance(labels: Int32Array, entries: Uint32Array | null, classes: number): ClassBalance {
  const nodes = new Array<number>(classes).fill(0);
  let unlabelled = 0;
  for (const label of labels) {
    if (label < 0) unlabelled++;
    else if (!entries) nodes[label]++;
  }
  for (const label of entries ?? []) nodes[label]++;
  return { nodes, unlabelled };
}

function splitCounts(split: Uint8Array): SplitCounts {
  const counts = [0, 0, 0, 0];
  for (const code of split) counts[code]++;
  return { train: counts[SPLIT.train], validation: counts[SPLIT.validation], test: counts[SPLIT.test] };
}

export interface HomophilyCounter {
  /** Rows of the adjacency matrix, the first of them that of node `first`. */
  add(rows: { readonly indptr: Uint32Array; readonly indices: Uint32Array }, first: number): void;
  /** Null where no edge joins two labelled nodes. */
  finish(): Homophily | null;
}

/**
 * Counts the edges that stay within a class, some rows at a time: of a graph that stays on disk they come in pieces. An edge of a
 * symmetric graph is in two rows, which changes no share; an edge from a node to itself says nothing.
 */
export function homophilyCounter({
  labels,
  labelSets,
  classNames,
}: Pick<GraphOutline, 'labels' | 'labelSets' | 'classNames'>): HomophilyCounter {
  const likeness = (a: number, b: number) =>
    labelSets ? jaccard(setOf(labelSets, a), setOf(labelSets, b)) : Number(labels[a] === labels[b]);
  let within = 0;
  let edges = 0;
  /** Ends of edges in each class, of several the first. */
  const ends = new Float64Array(classNames.length);
  return {
    add({ indptr, indices }, first) {
      for (let row = 0; row + 1 < indptr.length; row++) {
        const node = first + row;
        const own = labels[node];
        if (own < 0) continue;
        for (let e = indptr[row]; e < indptr[row + 1]; e++) {
          const other = labels[indices[e]];
          if (other < 0 || indices[e] === node) continue;
          within += likeness(node, indices[e]);
          edges++;
          ends[own]++;
          ends[other]++;
        }
      }
    },
    finish() {
      if (edges === 0) return null;
      const edge = within / edges;
      const chance = ends.reduce((sum, n) => sum + (n / (2 * edges)) ** 2, 0);
      return { edge, adjusted: !labelSets && chance < 1 ? (edge - chance) / (1 - chance) : null };
    },
  };
}

const setOf = ({ indptr, indices }: CsrMatrix, row: number) => indices.subarray(indptr[row], indptr[row + 1]);

/** Of two sets that are not both empty. */
function jaccard(a: Uint32Array, b: Uint32Array): number {
  const shared = a.reduce((sum, label) => sum + Number(b.includes(label)), 0);
  return shared / (a.length + b.length - shared);
}
