import type { Executor, HostArray } from '../device/executor.ts';
import type { CsrMatrix, Matrix } from '../formats/matrix.ts';
import { transpose } from '../graph/csr.ts';
import { pointersAndOrder } from '../graph/rowOrder.ts';
import { heavySegments } from '../graph/segments.ts';
import { isSparse, type ModelInputs } from '../model/model.ts';
import type { SparseHalf } from '../tensor/ops/sparse.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import type { Value } from '../tensor/value.ts';

/** Host arrays for values, collected before they are written, so that their bytes can be counted and checked. */
export interface Feed {
  readonly arrays: (readonly [Value, HostArray])[];
  /** True sizes behind the symbols. */
  readonly sizes: Record<string, number>;
  /** Bytes of what it was made from and is held as long: the sampled blocks, the rows that the store gave. */
  beside: number;
  /** What dense features were gathered in; once the feed is on the device, it is there for another sample. */
  room: ArrayBuffer | null;
}

export function newFeed(): Feed {
  return { arrays: [], sizes: {}, beside: 0, room: null };
}

export function feedBytes(feed: Feed): number {
  return feed.arrays.reduce((sum, [, array]) => sum + array.byteLength, 0);
}

export function writeFeed(executor: Executor, feed: Feed): void {
  for (const [value, array] of feed.arrays) executor.write(value, array);
}

/** One direction of a sparse matrix, with the order of its rows and the list of the heavy ones. */
export function feedHalf(feed: Feed, half: SparseHalf, csr: CsrMatrix): void {
  const { segments, heavy } = heavySegments(csr.indptr, csr.rows, HEAVY, SEGMENT);
  feed.sizes[`${half.name}.entries`] = csr.indices.length;
  feed.sizes[`${half.name}.segments`] = segments.length / 4;
  feed.sizes[`${half.name}.heavy`] = heavy.length / 4;
  feed.arrays.push([half.indptr, pointersAndOrder(csr.indptr, csr.rows, HEAVY)], [half.indices, csr.indices]);
  feed.arrays.push([half.segments, segments], [half.heavy, heavy]);
  if (half.values) feed.arrays.push([half.values, csr.values ?? new Float32Array(csr.indices.length).fill(1)]);
}

export function feedFeatures(feed: Feed, declared: ModelInputs['features'], features: Matrix): void {
  if (!isSparse(declared)) {
    feed.arrays.push([declared, (features as Matrix & { kind: 'dense' }).values]);
    return;
  }
  const csr = features as CsrMatrix;
  feedHalf(feed, declared.forward, csr);
  if (declared.backward === declared.forward) return;
  const { matrix, permutation } = transpose(csr);
  const positions = new Uint32Array(permutation.length);
  for (let e = 0; e < permutation.length; e++) positions[permutation[e]] = e;
  feedHalf(feed, declared.backward, matrix);
  feed.arrays.push([declared.positions!, positions]);
}
