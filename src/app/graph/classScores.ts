import { classesOf, type Labelled } from './labels.ts';

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
  for (let v = 0; v < graph.labels.length; v++) {
    const part = split ? split[v] : 0;
    for (const label of Array.from(classesOf(graph, v))) {
      if (label >= classes) continue;
      nodes[label]++;
      if (part < 2) continue;
      const at = 4 * label + 2 * (part - 2);
      tally[at + 1]++;
      if (predictions && predictions[v] === label) tally[at]++;
    }
  }
  return Array.from(nodes, (count, label) => ({
    nodes: count,
    validation: { right: tally[4 * label], of: tally[4 * label + 1] },
    test: { right: tally[4 * label + 2], of: tally[4 * label + 3] },
  }));
}
