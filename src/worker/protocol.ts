import type { Config } from '../config/schema.ts';
import type { PlanDetails } from '../device/details.ts';
import type { KernelTime } from '../device/times.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import type { OrderingName } from '../graph/ordering.ts';
import type { GraphStatistics } from '../graph/statistics.ts';
import type { Understood } from '../graph/understand.ts';
import type { BenchResult, BenchSuite } from '../run/benchResult.ts';
import type { FileLayout } from '../run/pyg/source.ts';
import type { DatasetInfo, DeviceInfo, EpochRecord, MemoryBytes, RunEvent, RunRecord } from '../run/record.ts';
import type { LabelRows } from '../task/labelReport.ts';
import type { PlanPicture } from '../tensor/picture.ts';
import type { BlocksRequest, BlocksView } from './blocksView.ts';
import type { ChunksView } from './chunkWatch.ts';
import type { EmbeddingApi } from './embeddingApi.ts';
import type { FileSize } from './hostSizes.ts';
import type { Interrupted, ResumeMessage } from './interrupted.ts';
import type { KeptView } from './kept.ts';
import type { ModelApi } from './modelApi.ts';
import type { NeighbourhoodRequest, NeighbourhoodView } from './neighbourhood.ts';
import type { SpeedView } from './speedView.ts';

export type { DispatchView, OperandView, PlanDetails } from '../device/details.ts';
export type { KernelTime } from '../device/times.ts';
export { MAX_UNCOUNTED_BYTES } from '../formats/catalogue.ts';
export type { MatRole, MatView } from '../formats/mat.ts';
export type { Delimiter, ReadChoices, Role, TableChoice, TableKind } from '../formats/readChoices.ts';
export { ROLES, rivals } from '../formats/readChoices.ts';
export type { ColumnView, TableView } from '../formats/tableView.ts';
export type { OrderingName } from '../graph/ordering.ts';
export type { GraphStatistics, Homophily } from '../graph/statistics.ts';
export type { GraphAccount, Understood } from '../graph/understand.ts';
export type { PictureBlock, PictureBuffer, PlanPicture } from '../tensor/picture.ts';
export type { BlockLink, BlocksRequest, BlocksView } from './blocksView.ts';
export type { ChunksView } from './chunkWatch.ts';
export type { EmbeddingView, LayerChoice } from './embeddingApi.ts';
export type { FileSize } from './hostSizes.ts';
export type { Interrupted } from './interrupted.ts';
export type { KeptView } from './kept.ts';
export { type KeptModel, MODELS_BYTES } from './keptModels.ts';
export type { EdgeEdit, Edit, FeatureEdit, NamedFeature, NodeAttention, Repredicted } from './modelApi.ts';
export type { NeighbourhoodRequest, NeighbourhoodView } from './neighbourhood.ts';
export type { SpeedView } from './speedView.ts';

/**
 * What the page and its trainer say to each other: commands through Comlink (`TrainerApi`), and a stream of what happens
 * through a plain MessagePort (`StreamMessage`). Plain data both ways. A command that cannot be carried out rejects with an
 * error whose name is InputError or DeviceError and whose message is one sentence for a person.
 */
export interface TrainerApi extends EmbeddingApi, ModelApi {
  /**
   * First call: opens the adapter, or finds out why there is none; everything that happens goes to `stream`.
   *
   * @param processor whether the processor was chosen: then no adapter is asked for
   */
  open(stream: MessagePort, processor: boolean): Promise<DeviceView>;
  /** What there is to train on: embedded, public, and kept in this browser. */
  datasets(): Promise<DatasetEntry[]>;
  /**
   * How large the files of a public dataset are. Asks `sizeHost`, and where that does not say the host of the files; once, where
   * they answer. Downloads nothing.
   */
  downloadSizes(id: string): Promise<readonly FileSize[]>;
  /**
   * Makes a dataset the current one. A public one is downloaded once and kept, a generated one made once, within
   * memory.workerBudget, with its rows in this order. Of a large one only the outline is read, unless memory.store is `memory`.
   * Progress goes to the stream.
   */
  load(id: string, config: LoadConfig, ordering: OrderingName): Promise<GraphView>;
  /** What dropped files are read as, and what of them is not; keeps and changes nothing. */
  preview(files: readonly DroppedFile[], choices: ReadChoices, config: LoadConfig): Promise<Previewed>;
  /** The preview is over: lets go of its files, which are kept unpacked until then where they are not too large. */
  closePreview(): void;
  /**
   * Reads dropped files, keeps the graph in this browser, makes it the current one. The earlier one stays where it fails. With its
   * rows in an order it stays on disk from the beginning.
   */
  drop(files: readonly DroppedFile[], choices: ReadChoices, ordering: OrderingName): Promise<GraphView>;
  /** The current graph as .npz, for NumPy and PyTorch Geometric. */
  exportGraph(): Promise<Uint8Array<ArrayBuffer>>;
  /** Gives up the load that goes on, which then rejects with an AbortError; the graph that was there stays. */
  cancelLoad(): void;
  /** Forgets a kept graph. */
  remove(id: string): Promise<void>;
  /** The plan that a run with this configuration would have on the current graph. Opens nothing. */
  forecast(config: Config): Promise<ForecastView>;
  /**
   * What the current graph is like. Of one that stays on disk its edges are read only where `whole` asks for it, with progress;
   * `cancelLoad` gives that up.
   */
  statistics(whole: boolean): Promise<GraphStatistics>;
  /** Trains for about two seconds to see how fast it goes; keeps nothing of it. `cancelLoad` gives it up. */
  speed(config: Config): Promise<SpeedView>;
  /** Makes the plans that a budget may lead to, in advance and between other work: then a slider moves within a frame. */
  rehearse(config: Config): Promise<void>;
  /** Runs of this browser that were interrupted and go on in no tab, newest first. */
  interrupted(): Promise<Interrupted[]>;
  /** Forgets one of them. */
  discard(slot: string): Promise<void>;
  /** Runs to the end, or to `stop`; resolves with the record of what ran, null where not one epoch was finished. */
  train(request: TrainRequest): Promise<RunRecord | null>;
  /** Bytes that the page and its other workers hold and do not give up for a run: from now on part of every forecast and ledger. */
  beside(bytes: number): void;
  /**
   * The record of the last run is kept: where the run could have gone on is forgotten, which nothing may lose before. Its model is kept, too;
   * rejects with why that cannot be.
   */
  recorded(): Promise<void>;
  control(command: Control): void;
  /**
   * Changes live keys of the run that is going on, at its next step; recorded as events. True where the plan has no room for
   * them: then the next epoch makes a new one.
   */
  change(values: Partial<Config>): Promise<boolean>;
  /** Destroys the GPU device, as a driver reset would: for the developer panel. */
  loseDevice(): void;
  /** The dispatches of the run that is going on, else of the plan that this configuration would have. */
  dispatches(config: Config): Promise<PlanDetails>;
  /** One node of the current graph, by its name or its number. Of a graph that stays on disk its rows are read from there. */
  node(which: string | number): Promise<NodeView>;
  /** A sample of what lies around a node, to be drawn where the whole graph is too large. */
  neighbourhood(request: NeighbourhoodRequest): Promise<NeighbourhoodView>;
  /** What a training step with this configuration draws around one of its seeds, hop by hop. */
  blocks(request: BlocksRequest): Promise<BlocksView>;
  /** Class probabilities of a node as the run predicted last; null where it has not. */
  probabilities(node: number): Promise<Float32Array | null>;
  /** Where nodes may have several labels: those that the run gave each node last; null where it has not. */
  decidedLabels(): Promise<LabelRows | null>;
  /** Whether somebody looks at which chunks of a stored graph are read: then the stream tells, in this run and the next ones. */
  watchChunks(on: boolean): void;
  /** Times every dispatch of the next epoch by itself (where the device has timestamps); the result comes by the stream. */
  profile(): void;
  /** Runs a suite to the end on the current graph; nothing else may begin meanwhile. How far it is goes to the stream. */
  benchmark(request: BenchmarkRequest): Promise<BenchResult>;
  /** Gives up the suite that goes on, which then rejects with an AbortError. */
  cancelBenchmark(): void;
}

export interface BenchmarkRequest {
  readonly suite: BenchSuite;
  readonly config: Config;
  readonly repetitions: number;
}

export interface Previewed extends Understood {
  /** Whether batches would be read from disk once the graph is kept: then the order of its rows there is worth choosing. */
  readonly staysOnDisk: boolean;
}

/** What of a configuration decides how a graph is loaded. */
export type LoadConfig = Pick<Config, 'memory.workerBudget' | 'memory.store'>;

/** What opens when the page opens: labels, positions and edges are drawn before anything else is there. */
export const FIRST_DATASET = 'debian-small';

export type Control = 'play' | 'pause' | 'step' | 'stop';

export interface DroppedFile {
  /** With its folders, where one was dropped. */
  readonly path: string;
  readonly file: File;
}

export interface TrainRequest {
  /** By which the page tells this run's messages from those of others. */
  readonly run: number;
  readonly config: Config;
  /** Changes to carry out again, at their steps: a replay. */
  readonly events: readonly RunEvent[];
  /** Waits before the first epoch for `play` or `step`. */
  readonly paused: boolean;
  /** The slot that keeps it until its record is kept: a name of its own, or that of the interrupted run to go on with. */
  readonly slot: string;
  /** Goes on with the interrupted run, whose events come with it. */
  readonly resume: boolean;
}

export interface DeviceView {
  readonly info: DeviceInfo;
  /** Why the CPU executor serves instead of a GPU; null where WebGPU works. */
  readonly fallback: string | null;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Whether single kernels can be timed. */
  readonly timestamps: boolean;
  /** Why this browser keeps no graphs (a private window may not); null where it does. */
  readonly noStorage: string | null;
  /** What this tab cannot store or show for now, as a sentence; null where there is nothing. */
  readonly storageNote: string | null;
}

export interface DatasetEntry {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly nodes: number;
  readonly edges: number;
  readonly features: number;
  readonly classes: number;
  readonly licence: string;
  readonly citation: string;
  /** `embedded` comes with the page, `public` is downloaded and `generated` is made when asked for, `kept` was dropped here. */
  readonly kind: 'embedded' | 'public' | 'generated' | 'kept';
  /** In this browser's store, and therefore there without a network; can be removed. */
  readonly stored: boolean;
  /** Bytes to download (public), to be made (generated), or kept on disk (stored); null where nobody has counted. */
  readonly bytes: number | null;
  /** Bytes on disk at the most while it is made, by the order of its rows; null where it is not. */
  readonly makingBytes: Readonly<Record<OrderingName, number>> | null;
  /** Bytes on disk that a public one takes at the least, whatever its features are; null of any other. */
  readonly leastBytes: number | null;
  /** In which order the rows of a stored one lie; null of any other, and where nobody noted it. */
  readonly ordering: OrderingName | null;
  /** Where a public one is downloaded from, the first file of several; null for any other. */
  readonly address: string | null;
  /** Which host says how large a public one is, where nobody here has counted; null of any other. */
  readonly sizeHost: string | null;
  /** Of how many files a public one is downloaded; 0 of any other. */
  readonly files: number;
}

/** What the page needs of a graph: to name it, to draw it, to explain it. */
export interface GraphView {
  /** Of the catalogue or the store. */
  readonly id: string;
  /** Of the catalogue, or the name of a shape; null for a dropped graph. It recommends presets, and a link may name it. */
  readonly catalogueId: string | null;
  readonly info: DatasetInfo;
  readonly classNames: readonly string[];
  /** Class of each node (of several the first), -1 where unlabelled; empty where the graph is not drawn, as are the splits. */
  readonly labels: Int32Array;
  /** All classes of each node, in rows, where some have several and the graph is drawn. */
  readonly labelSets: { readonly indptr: Uint32Array; readonly indices: Uint32Array } | null;
  /** Per split, the code of each node: 0 none, 1 training, 2 validation, 3 test. */
  readonly splits: readonly Uint8Array[];
  /** x and y of each node in 0..1; null where the graph is too large to draw. */
  readonly positions: Float32Array | null;
  /** Pairs of nodes, each undirected edge once; null where the graph is too large to draw. */
  readonly edges: Uint32Array | null;
  readonly nodeIds: readonly string[] | null;
  /** Null where features go by their numbers. */
  readonly featureNames: readonly string[] | null;
  /** Whether each node has a learned vector instead of features; of a graph that stays on disk nobody has looked. */
  readonly featureless: boolean;
  /** Bytes of it on disk, where it stays there and batches are read from it; null where it is in memory. */
  readonly diskBytes: number | null;
  /** How the .npz of it would be; null where it stays on disk, too large for that. */
  readonly layout: FileLayout | null;
  /** What the reader dropped or assumed, as sentences. */
  readonly notes: readonly string[];
}

export interface NamedNode {
  readonly node: number;
  /** Null where nodes go by their numbers. */
  readonly name: string | null;
  /** Its classes, ascending: none where unlabelled, one, or several. Of a graph that is not drawn the page knows no others. */
  readonly labels: readonly number[];
}

/** One node, looked at closely. */
export interface NodeView extends NamedNode {
  /** Its code in each split. */
  readonly splits: readonly number[];
  /** How many nodes it receives messages from: the length of its row, a self-loop that was kept counted once. */
  readonly degree: number;
  /** Whether the edges of the graph have directions: then degree counts in-edges. */
  readonly directed: boolean;
  /** Whether it is among its own neighbours. */
  readonly selfLoop: boolean;
  /** The first of them. */
  readonly neighbours: readonly NamedNode[];
  /** Null where the graph has none. */
  readonly features: FeaturesView | null;
}

export interface FeaturesView {
  /** Features of every node. */
  readonly of: number;
  /** Features of this one that are not zero. */
  readonly nonZero: number;
  /** The largest of those, by absolute value. */
  readonly largest: readonly { readonly column: number; readonly name: string | null; readonly value: number }[];
}

/** A run as it would be. */
export interface ForecastView {
  /** As asked for. */
  readonly config: Config;
  /** What was changed to stay inside memory.gpuBudget. What runs is `{...config, ...fitted}`. */
  readonly fitted: Partial<Config>;
  /** What whoever asked should know, as sentences. */
  readonly notes: readonly string[];
  readonly memory: MemoryBytes;
  /** Whether batches are read from a graph on disk. */
  readonly fromDisk: boolean;
  /** Bytes by purpose; they add up to the picture's bytes. */
  readonly purposes: Readonly<Record<string, number>>;
  /** Whether batches have room for the worst case, or for what a probe of the sampler saw; null without sampling. */
  readonly capacityFrom: 'worst case' | 'probe' | null;
  readonly stepsPerEpoch: number;
  readonly picture: PlanPicture;
}

/** Bytes that are held now, by place and, on the GPU, by purpose. */
export interface MemoryView extends MemoryBytes {
  /** The most that was held at once, since the run began or last got a new device or plan. */
  readonly peak: MemoryBytes;
  readonly purposes: Readonly<Record<string, number>>;
}

export interface WithinEpoch {
  /** Which step of how many begins. */
  readonly step: number;
  readonly of: number;
  /** Share of the training of this epoch that was spent waiting for batches; null in its first seconds, when it says little. */
  readonly waiting: number | null;
  /** Mean training loss of its steps up to a few seconds ago; null before it was read. */
  readonly loss: number | null;
}

export type StreamMessage =
  | ResumeMessage
  /** A store that was to open later cannot be had: as in `DeviceView`. */
  | ({ type: 'storage' } & Pick<DeviceView, 'noStorage' | 'storageNote'>)
  /** Something takes longer than a moment; `total` is null where the end is not known. */
  | { type: 'progress'; task: string; done: number; total: number | null; unit: 'bytes' | 'nodes' }
  /** It took longer than a moment, and is over. (By the same port: what comes by another may overtake.) */
  | { type: 'idle' }
  /** What the worker keeps between two runs has changed. */
  | { type: 'kept'; kept: KeptView }
  /** The run's plan is made and its device is about to be filled. */
  | { type: 'started'; run: number; device: DeviceInfo; forecast: ForecastView }
  | { type: 'memory'; run: number; memory: MemoryView }
  /** How far the epoch is, a few times a second: for epochs that take long. */
  | { type: 'step'; run: number; within: WithinEpoch }
  /** One epoch is done. After a device was lost, epochs since the last checkpoint come again. */
  | { type: 'epoch'; run: number; epoch: EpochRecord; memory: MemoryView }
  /**
   * Class that the model gives each node now, of several the strongest, and its probability, 0 to 255 for 0 to 1; only for graphs that are drawn, a few
   * times a second. A class that does not exist: the evaluation does not visit the node.
   */
  | { type: 'predictions'; run: number; epoch: number; classes: Uint16Array; confidence: Uint8Array }
  /** Chunks of the stored graph that were asked for since the last of these; only while somebody looks. */
  | { type: 'chunks'; run: number; chunks: ChunksView }
  | { type: 'event'; run: number; event: RunEvent }
  | { type: 'paused'; run: number; paused: boolean }
  /** A change did not fit the plan: this is the new one. */
  | { type: 'replanned'; run: number; forecast: ForecastView }
  /** The device went away; `epoch` is the checkpoint that the run goes on from, on `device`. */
  | { type: 'recovered'; run: number; epoch: number; reason: string; device: DeviceInfo }
  /** How much of a suite is done, in units of its own, and what it is doing. */
  | { type: 'benchmark'; done: number; total: number; doing: string }
  | { type: 'profile'; run: number; epoch: number; times: readonly KernelTime[] }
  /** The last word about a run, for the answer to `train` comes by another port and may overtake the stream. */
  | { type: 'ended'; run: number };
