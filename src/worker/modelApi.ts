import type { Config } from '../config/schema.ts';
import type { Edit } from '../graph/edits.ts';
import type { WeightsOf } from '../model/weightsFile.ts';
import type { DatasetInfo, DeviceInfo } from '../run/record.ts';
import type { NodeAttention } from '../train/attentionWeights.ts';
import type { KeptModel } from './keptModels.ts';

export type { EdgeEdit, Edit, FeatureEdit } from '../graph/edits.ts';
export type { NodeAttention } from '../train/attentionWeights.ts';

/**
 * What the page may ask of the model at hand: of the last run that was finished on the current graph, or that was opened since. Each
 * rejects where there is none.
 */
export interface ModelApi {
  /** Models that this browser keeps, oldest first. */
  models(): Promise<KeptModel[]>;
  /** Forgets those of these runs. */
  forgetModels(slots: readonly string[]): Promise<void>;
  /** Keeps the weights that came with the file of a run, so that its model can be opened. Rejects where they are not its own. */
  keepModel(brought: BroughtModel): Promise<void>;
  /**
   * Makes a kept model the one at hand, as if its run had just ended; where it cannot, the one before stays. Resolves with what it says of
   * every node, null where the graph is not drawn. `cancelLoad` gives it up.
   */
  openModel(request: ModelRequest): Promise<NodeClasses | null>;
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

export interface ModelRequest {
  /** By which the model is kept. */
  readonly slot: string;
  readonly run: WeightsOf;
  /** Of the graph that the run was on, which must be the current one. */
  readonly fingerprint: string;
  /** As it was fitted. */
  readonly config: Config;
}

export interface BroughtModel {
  /** By which it is kept. */
  readonly slot: string;
  /** The file, and its name. */
  readonly file: File;
  readonly path: string;
  readonly curveHash: string;
  /** Of the run, as it was fitted. */
  readonly config: Config;
  readonly dataset: Pick<DatasetInfo, 'features' | 'classes'>;
}

/** As the stream tells them of a run. */
export interface NodeClasses {
  readonly classes: Uint16Array;
  readonly confidence: Uint8Array;
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
