import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { CsrMatrix } from '../formats/matrix.ts';

/**
 * The weight of each class in the loss, as the device gets it; null where all are alike. `balanced` is that of scikit-learn's
 * compute_class_weight: n / (classes · count) over the training nodes and the classes that they have. A class without a training
 * node weighs 1, which is the mean over the nodes.
 */
export function classWeights(
  kind: Config['task.classWeights'],
  labels: ArrayLike<number>,
  split: Uint8Array,
  classes: number,
): Float32Array | null {
  if (kind === 'none') return null;
  const counts = new Float64Array(classes);
  for (const [node, code] of split.entries()) if (code === SPLIT.train) counts[labels[node]]++;
  const nodes = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  return Float32Array.from(counts, (count) => (count > 0 ? nodes / (present * count) : 1));
}

/**
 * What the loss over some nodes is divided by, as PyTorch does: how many they are, or the sum of the weights of their classes;
 * where they have several, how many decisions they are.
 */
export function totalWeight(
  weights: Float32Array | null,
  { labels, labelSets }: { readonly labels: ArrayLike<number>; readonly labelSets: CsrMatrix | null },
  nodes: Uint32Array,
): number {
  if (labelSets) return nodes.length * labelSets.cols;
  return weights ? nodes.reduce((sum, node) => sum + weights[labels[node]], 0) : nodes.length;
}
