import type { CsrMatrix } from '../formats/matrix.ts';
import { canonicalSparse } from './features.ts';
import type { Graph } from './graph.ts';

/**
 * SHA-256, in hex, of what a model can see of a graph: nodes, adjacency, features, labels. Features are hashed in their one
 * sparse form, so the file format, dense or sparse storage and the type of the numbers in the file do not matter; the order
 * of the nodes does. Of several labels per node, row offsets and classes count as one array. Each array is hashed by itself
 * and then the hashes, so no copy of the whole graph is made. Arrays are hashed as they lie in memory: little-endian, as on
 * every platform that has WebGPU.
 */
export async function fingerprint(graph: Graph): Promise<string> {
  const { adjacency, labels, labelSets, nodes } = graph;
  const features = canonicalSparse(graph.features);
  const arrays = [
    Uint32Array.of(nodes, features.cols, adjacency.values ? 1 : 0),
    adjacency.indptr,
    adjacency.indices,
    adjacency.values ?? new Float32Array(0),
    features.indptr,
    features.indices,
    features.values,
    labelSets ? joined(labelSets) : labels,
  ];
  const digests = new Uint8Array(arrays.length * 32);
  for (const [i, array] of arrays.entries()) digests.set(await sha256(array), i * 32);
  return Array.from(await sha256(digests), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function joined({ indptr, indices }: CsrMatrix): Uint32Array {
  const both = new Uint32Array(indptr.length + indices.length);
  both.set(indptr);
  both.set(indices, indptr.length);
  return both;
}

async function sha256(array: ArrayBufferView): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', array as ArrayBufferView<ArrayBuffer>));
}
