import { SPLIT } from '../formats/graphData.ts';
import { shuffled } from './draw.ts';
import { deriveKey, type Key } from './random.ts';

/**
 * 60 % training, 20 % validation, 20 % test of the labelled nodes of each class; SPLIT.none for the others. The parts of a
 * class of n nodes end at n·3/5 and n·4/5, rounded, so the first node of a small class is always a training node.
 */
export function stratifiedSplit(labels: Int32Array, classes: number, key: Key): Uint8Array {
  const members: number[][] = Array.from({ length: classes }, () => []);
  for (let node = 0; node < labels.length; node++) if (labels[node] >= 0) members[labels[node]].push(node);
  const split = new Uint8Array(labels.length);
  for (const [label, nodes] of members.entries()) {
    const order = shuffled(Uint32Array.from(nodes), deriveKey(key, label, 0));
    const train = Math.round((order.length * 3) / 5);
    const validation = Math.round((order.length * 4) / 5);
    for (const [i, node] of order.entries()) {
      split[node] = i < train ? SPLIT.train : i < validation ? SPLIT.validation : SPLIT.test;
    }
  }
  return split;
}

/** Nodes of a part of the split (a SPLIT code), ascending. */
export function nodesOf(split: Uint8Array, code: number): Uint32Array {
  return nodesWhere(split, (other) => other === code);
}

/** Nodes in the parts that are wanted, ascending. */
export function nodesWhere(split: Uint8Array, wanted: (code: number) => boolean): Uint32Array {
  let count = 0;
  for (const code of split) if (wanted(code)) count++;
  const nodes = new Uint32Array(count);
  for (let node = 0, next = 0; node < split.length; node++) if (wanted(split[node])) nodes[next++] = node;
  return nodes;
}
