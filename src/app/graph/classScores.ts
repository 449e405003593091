import type { Labelled } from './labels.ts';

/** How well the nodes of one class are predicted. */
export interface ClassScore {
  /** Nodes with this label, in any part of the split or none. */
  readonly nodes: number;
  /** Right of all, in the validation and in the test part. */
  readonly validation: Share;
  readonly test: Share;
}

export interface Share {
  readonly right: number;
  readonly of: number;
}

/** Per class its size and, where there are predictions, how many of its validation and test nodes they get right. */
export function classScores(
  classes: number,
  graph: Labelled,
  predictions: Uint16Array | null,
  split: Uint8Array | null,
): ClassScore[] {
  const nodes = new Uint32Array(classes);
  // Per class: right and all of validation, right and all of test.
  const tally = new Uint32Array(4 * classes);
  const count = (v: number, label: number) => {
    const part = split ? split[v] : 0;
    if (label < 0 || label >= classes) return;
    nodes[label]++;
    if (part < 2) return;
    const at = 4 * label + 2 * (part - 2);
    tally[at + 1]++;
    if (predictions && predictions[v] === label) tally[at]++;
  };
  const { labels, labelSets } = graph;
  for (let v = 0; v < labels.length; v++) {
    // Counted anew with each prediction: a list for each node would be most of the work.
    if (!labelSets) count(v, labels[v]);
    else for (let e = labelSets.indptr[v]; e < labelSets.indptr[v + 1]; e++) count(v, labelSets.indices[e]);
  }
  return Array.from(nodes, (count, label) => ({
    nodes: count,
    validation: { right: tally[4 * label], of: tally[4 * label + 1] },
    test: { right: tally[4 * label + 2], of: tally[4 * label + 3] },
  }));
}
