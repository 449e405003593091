import { createSHA256 } from 'hash-wasm';
import { bytesOf, type Matrix } from '../formats/matrix.ts';
import { canonicalSparse } from './features.ts';

/**
 * The same number as `fingerprint`, of a graph that arrives in pieces: every array in its order, whatever happens between.
 * Web Crypto hashes whole arrays only (https://github.com/w3c/webcrypto/issues/73). In WebAssembly, because a fingerprint
 * of gigabytes of features in JavaScript would take longer than all the rest of storing them.
 */
export interface StreamedFingerprint {
  readonly indptr: Hash;
  readonly indices: Hash;
  readonly values: Hash;
  readonly labels: Hash;
  /** The features of the nodes that follow those of the last call. */
  features(rows: Matrix): void;
  /** In hex; the end. */
  finish(shape: { nodes: number; cols: number; weighted: boolean }): string;
}

export interface Hash {
  update(bytes: Uint8Array): void;
}

export async function streamFingerprint(): Promise<StreamedFingerprint> {
  const create = async () => (await createSHA256()).init();
  const [whole, shape, indptr, indices, values, offsets, columns, entries, labels] = await Promise.all(
    Array.from({ length: 9 }, create),
  );
  let count = 0;
  offsets.update(new Uint8Array(4)); // the first row begins at 0
  return {
    indptr,
    indices,
    values,
    labels,
    features(rows) {
      const sparse = canonicalSparse(rows);
      const ends = sparse.indptr.subarray(1).map((end) => end + count);
      count += sparse.indices.length;
      offsets.update(bytesOf(ends));
      columns.update(bytesOf(sparse.indices));
      entries.update(bytesOf(sparse.values));
    },
    finish({ nodes, cols, weighted }) {
      shape.update(bytesOf(Uint32Array.of(nodes, cols, weighted ? 1 : 0)));
      for (const part of [shape, indptr, indices, values, offsets, columns, entries, labels]) {
        whole.update(part.digest('binary'));
      }
      return whole.digest();
    },
  };
}
