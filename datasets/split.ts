import { SPLIT } from '../src/formats/graphData.ts';
import { seedKey, threefry } from '../src/graph/random.ts';

/**
 * A fixed stratified split: within each class 60 % train, 20 % validation, 20 % test, by a seeded shuffle of its nodes.
 * Returns one SPLIT code per node.
 */
export function stratifiedSplit(labels: Int32Array, seed: number): Uint8Array {
  const [key0, key1] = seedKey(seed);
  const word = new Uint32Array(2);
  const rank = labels.map((label, node) => {
    threefry(key0, key1, node, label, word);
    return word[0] | 0;
  });
  const classes = new Map<number, number[]>();
  labels.forEach((label, node) => {
    const members = classes.get(label);
    if (members) members.push(node);
    else classes.set(label, [node]);
  });
  const split = new Uint8Array(labels.length);
  for (const members of classes.values()) {
    members.sort((a, b) => rank[a] - rank[b] || a - b);
    const train = Math.round(0.6 * members.length);
    const validation = Math.round(0.8 * members.length);
    members.forEach((node, i) => {
      split[node] = i < train ? SPLIT.train : i < validation ? SPLIT.validation : SPLIT.test;
    });
  }
  return split;
}
