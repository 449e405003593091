import type { Edit } from '../graph/edits.ts';
import type { DeviceInfo } from '../run/record.ts';
import type { NodeAttention } from '../train/attentionWeights.ts';

export type { EdgeEdit, Edit, FeatureEdit } from '../graph/edits.ts';
export type { NodeAttention } from '../train/attentionWeights.ts';

/** What the page may ask of the model of the last run that was finished on the current graph. Each rejects where there is none. */
export interface ModelApi {
  /** Its weights as safetensors, as `edgewise train --out` writes them. */
  weights(): Promise<Uint8Array<ArrayBuffer>>;
  /** What it says of every node as CSV, as `edgewise predict` prints it. */
  predictionsCsv(): Promise<Uint8Array<ArrayBuffer>>;
  /** A feature of the current graph by its name or its number. */
  feature(which: string | number): Promise<NamedFeature>;
  /**
   * What it says of the graph as it would be after these edits. The graph itself stays as it is. Without edits: of the graph as it is,
   * for the attention.
   */
  repredict(edits: readonly Edit[], node: number): Promise<Repredicted>;
}

export interface NamedFeature {
  readonly column: number;
  /** Null where features go by their numbers. */
  readonly name: string | null;
}

export interface Repredicted {
  /** Class probabilities of the node, of the graph as it is and as edited; null where they are no numbers. */
  readonly before: Float32Array | null;
  readonly after: Float32Array | null;
  /** Nodes whose class (of several labels, the strongest) is another one; of a graph that stays on disk only this node is asked. */
  readonly changed: Uint32Array;
  readonly askedAll: boolean;
  /** How the node attends to its neighbours as edited; null where the model has no attention. */
  readonly attention: NodeAttention | null;
  /** Where both were computed. */
  readonly device: DeviceInfo;
}
