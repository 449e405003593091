import { type Report, reportOf } from './confusion.ts';

/** How well the labels of nodes are told that may have several: label by label, and of whole nodes. */

/** The labels of each node, ascending. */
export interface LabelRows {
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
}

/** What is decided of each node: the labels whose logit is over 0, that is over even odds. @param logits nodes × classes */
export function decidedLabels(logits: Float32Array, classes: number): LabelRows {
  const indptr = new Uint32Array(logits.length / classes + 1);
  const indices: number[] = [];
  for (let node = 0; node + 1 < indptr.length; node++) {
    for (let c = 0; c < classes; c++) if (logits[node * classes + c] > 0) indices.push(c);
    indptr[node + 1] = indices.length;
  }
  return { indptr, indices: Uint32Array.from(indices) };
}

/** 1 for each node whose labels are told exactly, none missing and none too many. */
export function whollyRight(truth: LabelRows, decided: LabelRows): Uint8Array {
  return Uint8Array.from({ length: truth.indptr.length - 1 }, (_, node) => {
    const [is, told] = [rowOf(truth, node), rowOf(decided, node)];
    return is.length === told.length && is.every((label, i) => label === told[i]) ? 1 : 0;
  });
}

/** Precision, recall and F1 of each label over these nodes; `right` counts the nodes that are wholly so. */
export function labelReport(truth: LabelRows, decided: LabelRows, nodes: Uint32Array, classes: number): Report {
  const [right, predicted, support] = [0, 1, 2].map(() => new Uint32Array(classes));
  const exact = whollyRight(truth, decided);
  let whole = 0;
  for (const node of nodes) {
    const is = rowOf(truth, node);
    for (const label of is) support[label]++;
    for (const label of rowOf(decided, node)) {
      predicted[label]++;
      if (is.includes(label)) right[label]++;
    }
    whole += exact[node];
  }
  return reportOf({ right, predicted, support }, nodes.length, whole, true);
}

const rowOf = ({ indptr, indices }: LabelRows, node: number) => indices.subarray(indptr[node], indptr[node + 1]);
