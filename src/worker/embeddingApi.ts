import { type Metric, metricBytes, nearTableBytes } from '../task/nearestRows.ts';
import { componentsBytes } from '../task/pca.ts';
import { umapBytes } from '../task/umap.ts';

/** What the trainer worker tells of hidden layers. */
export interface EmbeddingApi {
  /**
   * What a layer of the model at hand puts out for every node of the current graph. While it is computed, neither a run nor a
   * load may begin; `cancelLoad` gives it up.
   */
  embedding(layer: LayerChoice): Promise<EmbeddingView>;
}

/** A hidden layer by its place, the last one before the logits, or these. */
export type LayerChoice = number | 'embedding' | 'logits';

export interface EmbeddingView {
  /** How many hops the output of each hidden layer has seen. */
  readonly hops: readonly number[];
  /** Place among them; null for the logits. */
  readonly layer: number | null;
  /** Of every node, nodes × cols. */
  readonly values: Float32Array;
  readonly cols: number;
  /** The nodes that a picture has room for, ascending; null where that is all of them. What follows is told of these. */
  readonly nodes: Uint32Array | null;
  readonly names: readonly string[] | null;
  /** First class of each, -1 where unlabelled. */
  readonly labels: Int32Array;
  /** Codes in the run's split. */
  readonly split: Uint8Array;
  /** How many nodes each receives messages from. */
  readonly degrees: Uint32Array;
  /** What this model takes each for, of several labels the strongest, and its probability, 0 to 255 for 0 to 1. */
  readonly predicted: Uint16Array;
  readonly confidence: Uint8Array;
}

/**
 * Bytes that the projector worker holds of an embedding: its rows, what finding the nearest makes of them, and what the principal
 * components do, which are there in a moment.
 */
export const projectorBytes = (rows: number, cols: number): number =>
  4 * rows * cols + metricBytes(rows, cols, 'cosine') + componentsBytes(rows, cols);

/** A layout by UMAP, as it is asked for. */
export interface LayoutShape {
  /** Of the embedding, and as many of them as are laid out. */
  readonly rows: number;
  readonly shown: number;
  readonly cols: number;
  readonly metric: Metric;
  /** The node itself counted among them, as umap-learn does. */
  readonly neighbours: number;
}

/** Bytes that the projector worker takes for a layout while it is computed, at the most: besides what it holds anyway. */
export function layoutBytes({ rows, shown, cols, metric, neighbours }: LayoutShape): number {
  const near = Math.max(0, Math.min(neighbours, shown) - 1);
  const own = shown < rows ? 4 * shown * cols : 0;
  const made = metricBytes(shown, cols, metric) + componentsBytes(shown, cols);
  return own + made + nearTableBytes(shown, near) + umapBytes(shown, near);
}
