import { create } from 'zustand';
import { PRESETS, type PresetName } from '../../config/presets.ts';
import { type Config, DEFAULTS } from '../../config/schema.ts';
import type { BenchSuite } from '../../run/benchResult.ts';
import type { LinkDataset } from '../../run/link.ts';
import type { SharedRun } from '../../run/sharedRun.ts';
import { NOTHING_KEPT } from '../../worker/kept.ts';
import type {
  DatasetEntry,
  DeviceView,
  DroppedFile,
  ForecastView,
  GraphView,
  Interrupted,
  KeptModel,
  KeptView,
  NodeView,
  OrderingName,
  PlanDetails,
  Previewed,
  ReadChoices,
  StreamMessage,
} from '../../worker/protocol.ts';
import type { KeptBenchmark } from '../bench/keptBenchmarks.ts';
import type { KeptRun } from '../runs/keptRuns.ts';
import { isActive, type LiveRun } from './run.ts';
import type { NamedEdit } from './whatIfActions.ts';

/** Everything that the page shows, as plain data. What changes it is in the `…Actions.ts` files beside this one. */
export interface PageState {
  readonly device: DeviceView | null;
  readonly datasets: readonly DatasetEntry[];
  readonly graph: PageGraph | null;
  /** Files that were dropped and are not used yet. */
  readonly preview: Preview | null;
  readonly progress: Extract<StreamMessage, { type: 'progress' }> | null;
  /** A graph is being loaded: neither a run nor another load may begin. */
  readonly loading: boolean;
  /** Why nothing can be trained until the page is reloaded. */
  readonly dead: string | null;
  /** What the next run is asked to do. */
  readonly config: Config;
  readonly preset: PresetName;
  /** The plan of that run; null until there is one. The last one stays while nothing fits. */
  readonly forecast: ForecastView | null;
  /** Why there is no plan for the configuration as it is, in one sentence. */
  readonly refusal: string | null;
  /** Bytes that the same run takes without a budget. */
  readonly unlimitedBytes: number | null;
  readonly run: LiveRun | null;
  readonly kept: readonly KeptRun[];
  /** Models of finished runs that this browser keeps, oldest first. */
  readonly models: readonly KeptModel[];
  /** Runs of earlier visits that can go on. */
  readonly interrupted: readonly Interrupted[];
  /** What the trainer worker keeps since the last run, what the embedding on show takes, and its layout while it is computed: bytes of main memory. */
  readonly keptBytes: KeptView;
  readonly embeddingBytes: number;
  readonly layoutBytes: number;
  /** What is drawn over the current run. */
  readonly overlaid: readonly Overlay[];
  /** Which of how many runs over seeds goes on; null where no series does. */
  readonly series: { readonly at: number; readonly of: number } | null;
  /** The graph that a link asks for and that is not here (yet). */
  readonly wanted: LinkDataset | null;
  /** A run that a link brought, unverified until it was run here. */
  readonly shared: SharedRun | null;
  /** The address that it came by; empty where it came out of a file. */
  readonly sharedHash: string;
  /** Id of the run here that answers to `shared`. */
  readonly answer: number | null;
  readonly plan: PlanDetails | null;
  /** The node that is looked at closely. */
  readonly pinned: NodeView | null;
  /** What of the graph is imagined otherwise, to see what the model would say. */
  readonly edits: readonly NamedEdit[];
  /** The model is being asked. */
  readonly predicting: boolean;
  /** Per node 1 where it stands out in the picture; null where all are alike. */
  readonly marked: Uint8Array | null;
  /** Id of the lesson that is open. */
  readonly lesson: string | null;
  /** The lesson's runs go on, one after another. */
  readonly lessonRuns: boolean;
  /** What explains the page and lies over it. */
  readonly guide: 'tour' | 'keys' | null;
  /** Which of the tabs below is open. */
  readonly tab: string;
  /** The benchmark that goes on. */
  readonly benchmark: GoingBenchmark | null;
  /** The suite that is looked at. */
  readonly suite: BenchSuite;
  /** Results of benchmarks that this browser keeps, oldest first; null until they are read. */
  readonly benchmarks: readonly KeptBenchmark[] | null;
  /** Ids of those that are drawn. */
  readonly drawnBenchmarks: readonly number[];
  readonly notice: Notice | null;
}

/** The id of a kept run, or the key of a group of runs over seeds, of which the mean is drawn. */
export type Overlay = number | string;

/** `url` is where it was fetched from, as far as this page knows: null for any other. */
export type PageGraph = GraphView & { readonly url: string | null };

export interface GoingBenchmark {
  readonly suite: BenchSuite;
  /** By `performance.now()`. */
  readonly begun: number;
  /** In units of the suite's own; 0 of 0 before it says. */
  readonly done: number;
  readonly total: number;
  readonly doing: string;
}

/** Dropped files, how they are to be read, and what was understood of them; null while nothing is known. */
export interface Preview {
  readonly files: readonly DroppedFile[];
  /** Where they were fetched from; null where they were dropped. */
  readonly url: string | null;
  readonly choices: ReadChoices;
  /** How the rows of the graph are to lie on disk, where it stays there. */
  readonly ordering: OrderingName;
  readonly understood: Previewed | null;
}

/** One sentence for the person at the page. */
export interface Notice {
  readonly kind: 'error' | 'info';
  readonly text: string;
}

export const FIRST_PRESET: PresetName = 'debian-gcn';

export const usePage = create<PageState>(() => ({
  device: null,
  datasets: [],
  graph: null,
  preview: null,
  progress: null,
  loading: false,
  dead: null,
  config: presetConfig(FIRST_PRESET),
  preset: FIRST_PRESET,
  forecast: null,
  refusal: null,
  unlimitedBytes: null,
  run: null,
  kept: [],
  models: [],
  interrupted: [],
  keptBytes: NOTHING_KEPT,
  embeddingBytes: 0,
  layoutBytes: 0,
  overlaid: [],
  series: null,
  wanted: null,
  shared: null,
  sharedHash: '',
  answer: null,
  plan: null,
  pinned: null,
  edits: [],
  predicting: false,
  marked: null,
  lesson: null,
  lessonRuns: false,
  guide: null,
  tab: 'runs',
  benchmark: null,
  suite: 'ladder',
  benchmarks: null,
  drawnBenchmarks: [],
  notice: null,
}));

export const get = usePage.getState;
export const set = usePage.setState;

/** Whether the worker has its hands full: then neither a run nor a load may begin. */
export const isBusy = ({ run, loading, benchmark, dead }: PageState) =>
  isActive(run) || loading || benchmark !== null || dead !== null;

/** A preset's configuration, every key. */
export function presetConfig(preset: PresetName): Config {
  return { ...DEFAULTS, ...PRESETS[preset].values };
}

export function tell(kind: Notice['kind'], text: string): void {
  set({ notice: { kind, text } });
}

/** What went wrong, as a sentence: messages of InputError and DeviceError are written for people. */
export function tellError(error: unknown): void {
  const { name, message } = error as Error;
  // What somebody gave up is no news to them.
  if (name === 'AbortError') return;
  if (name === 'InputError') tell('error', message);
  else if (name === 'DeviceError') tell('error', sentence(message));
  else tell('error', `Something in Edgewise broke: ${message}. Reload the page and try again.`);
}

/** Errors of the device begin with a small letter, because the command line prints them behind its name. */
function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
