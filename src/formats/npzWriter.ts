import { zipSync } from 'fflate';
import { InputError } from '../config/errors.ts';
import { SPLIT } from './graphData.ts';
import type { CsrMatrix, Matrix } from './matrix.ts';
import { writeNpy } from './npy.ts';

/** What an .npz holds of a graph. */
export interface NpzGraph {
  readonly name: string;
  readonly nodes: number;
  /** Row v lists the nodes that v receives messages from. */
  readonly adjacency: CsrMatrix;
  readonly features: Matrix;
  /** -1 where there is none. */
  readonly labels: Int32Array;
  /** Where some nodes have several classes: an entry for each. */
  readonly labelSets: CsrMatrix | null;
  readonly splits: readonly Uint8Array[];
}

/** What fits into one array of bytes, and into a zip without 64-bit sizes. */
const MAX_BYTES = 2 ** 31 - 1;

/** Of files inside; the same graph gives the same bytes. Local time, as fflate reads it. */
const WRITTEN = new Date(1980, 0, 1);

/**
 * Writes a graph as NumPy's .npz, named as in PyTorch Geometric's Data: edge_index [2, edges] from source to target, edge_weight where
 * edges have one, x [nodes, features] or attr_data, attr_indices, attr_indptr and attr_shape (SciPy's CSR), y with -1 for none, or
 * [nodes, classes] where nodes have several, and train_mask, val_mask, test_mask [nodes, splits]. Names of nodes and classes stay behind.
 * `readNpz` reads it back.
 * @throws InputError where it would be over 2 GiB
 */
export function writeNpz(graph: NpzGraph): Uint8Array<ArrayBuffer> {
  const { name, nodes, adjacency, features, labelSets, splits } = graph;
  const { indptr, indices, values } = adjacency;
  const edges = indices.length;
  const entries = features.kind === 'sparse' ? 2 * features.indices.length : features.values.length;
  const bytes = 4 * (3 * edges + entries + 2 * nodes) + nodes * (3 * splits.length + (labelSets?.cols ?? 0));
  if (bytes > MAX_BYTES)
    throw new InputError(`${name}: ${bytes} bytes are too many for one .npz; take a part of the graph.`);

  const ends = new Int32Array(2 * edges);
  ends.set(indices);
  for (let v = 0; v < nodes; v++) ends.fill(v, edges + indptr[v], edges + indptr[v + 1]);
  const mask = (code: number) =>
    writeNpy(
      '|b1',
      [nodes, splits.length],
      Uint8Array.from({ length: nodes * splits.length }, (_, i) =>
        splits[i % splits.length][Math.floor(i / splits.length)] === code ? 1 : 0,
      ),
    );
  const arrays = {
    edge_index: writeNpy('<i4', [2, edges], ends),
    ...(values ? { edge_weight: writeNpy('<f4', [edges], values) } : {}),
    ...featureArrays(features),
    y: labelSets ? labelMatrix(labelSets) : writeNpy('<i4', [nodes], graph.labels),
    train_mask: mask(SPLIT.train),
    val_mask: mask(SPLIT.validation),
    test_mask: mask(SPLIT.test),
  };
  const files = Object.entries(arrays).map(([key, array]) => [`${key}.npy`, array] as const);
  return zipSync(Object.fromEntries(files), { mtime: WRITTEN });
}

/** 1 for each class of a node. */
function labelMatrix({ rows, cols, indptr, indices }: CsrMatrix): Uint8Array {
  const marks = new Uint8Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) marks[row * cols + indices[e]] = 1;
  }
  return writeNpy('|b1', [rows, cols], marks);
}

function featureArrays(features: Matrix): Readonly<Record<string, Uint8Array>> {
  const { rows, cols } = features;
  if (features.kind === 'dense') return { x: writeNpy('<f4', [rows, cols], features.values) };
  const { indptr, indices, values } = features;
  return {
    attr_data: writeNpy('<f4', [indices.length], values ?? new Float32Array(indices.length).fill(1)),
    attr_indices: writeNpy('<i4', [indices.length], indices),
    attr_indptr: writeNpy('<i4', [rows + 1], indptr),
    attr_shape: writeNpy('<i4', [2], Int32Array.of(rows, cols)),
  };
}
