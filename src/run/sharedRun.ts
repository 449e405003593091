import { PASSES } from '../config/computeEntries.ts';
import { diffConfigs, differences } from '../config/describe.ts';
import { PRESET_NAMES, PRESETS, type PresetName, recommendedPreset } from '../config/presets.ts';
import { type Config, DEFAULTS, entryOf } from '../config/schema.ts';
import { cleanText } from './linkBytes.ts';
import { SHARED_COLUMNS, type SharedCurves, shownCurve } from './linkCurve.ts';
import { shortHash } from './linkNames.ts';
import type { DeviceInfo, MemoryBytes, RunEvent, RunRecord, RunResult } from './record.ts';

/**
 * What a sealed link says about a run: enough to run it again and to see whether the same came out. Of the graph it holds
 * counts and a fingerprint, never a name, a class or a note: it may be somebody's own. Unverified until it was run again.
 */
export interface SharedRun {
  readonly dataset: SharedDataset;
  /** The one that the configuration is closest to. */
  readonly preset: PresetName;
  /** As it was asked for. What ran is `{...config, ...fitted}`. */
  readonly config: Config;
  readonly fitted: Partial<Config>;
  readonly events: readonly RunEvent[];
  readonly engine: string;
  /** The first 64 bits, as all hashes here; empty on the CPU. */
  readonly kernels: string;
  readonly device: DeviceInfo;
  /** Number of epochs that ran. */
  readonly epochs: number;
  /** A confusion matrix has no room in a link. */
  readonly result: Omit<RunResult, 'confusion'>;
  readonly peak: MemoryBytes;
  /** For drawing alone. */
  readonly curves: SharedCurves;
}

export interface SharedDataset {
  /** Null for a graph of somebody's own. */
  readonly catalogueId: string | null;
  readonly fingerprint: string;
  readonly nodes: number;
  readonly edges: number;
  readonly features: number;
  readonly classes: number;
}

/**
 * How a run here stands beside the one of a link. `identical` needs the hash over the exact float32 curve and every figure that
 * a reader is shown: a link that carries a true hash under invented figures is told apart.
 */
export type Verdict =
  | 'identical'
  | 'same curve, other figures'
  | 'different data'
  | 'different settings'
  | 'different device'
  | 'different engine or kernels'
  | 'differs';

/** Longest text about a device, in UTF-16 units. */
export const DEVICE_TEXT = 120;

/** The device as a link tells it: its texts cut, and without characters that a screen does not show. */
export function sharedDevice({ backend, vendor, architecture, description, software }: DeviceInfo): DeviceInfo {
  const [v, a, d] = [vendor, architecture, description].map((text) => cleanText(text, DEVICE_TEXT));
  return { backend, vendor: v, architecture: a, description: d, software };
}

/** The preset with the fewest differences from `config`; among equals the one recommended for it. */
export function closestPreset(config: Config, catalogueId: string | null): PresetName {
  const distance = (name: PresetName) =>
    Object.keys(differences(config, { ...DEFAULTS, ...PRESETS[name].values })).length;
  const recommended = recommendedPreset(config['model.kind'], catalogueId);
  return PRESET_NAMES.reduce((best, name) => (distance(name) < distance(best) ? name : best), recommended);
}

/** Bit for bit, as far as 64 bits of a hash can tell. */
export function sameCurve(shared: SharedRun, record: RunRecord): boolean {
  return shared.result.curveHash === shortHash(record.result.curveHash);
}

/** Whether what a link shows of a run is what the record says: result, number of epochs, curves. */
function sameFigures(shared: SharedRun, { result, epochs }: RunRecord): boolean {
  const keys = Object.keys(shared.result) as (keyof SharedRun['result'])[];
  if (!keys.every((key) => key === 'curveHash' || Object.is(shared.result[key], result[key]))) return false;
  if (shared.epochs !== epochs.length) return false;
  return SHARED_COLUMNS.every((column) => {
    const mine = shownCurve(epochs, shared.curves.epochs, column);
    return mine.every((value, i) => Object.is(value, shared.curves[column][i]));
  });
}

/** False where one of the two ran on the processor and the other on a GPU: their times and ranks say nothing. */
export function comparable(a: DeviceInfo, b: DeviceInfo): boolean {
  const onProcessor = ({ backend, software }: DeviceInfo) => software || backend === 'cpu';
  return onProcessor(a) === onProcessor(b);
}

/** The first reason, in this order, why the two curves may differ; `differs` where there is none. */
export function verdict(shared: SharedRun, record: RunRecord): Verdict {
  // Before the curve: an MLP sees no edges, so two graphs may give it the same one.
  if (shared.dataset.fingerprint !== shortHash(record.dataset.fingerprint)) return 'different data';
  if (sameCurve(shared, record)) return sameFigures(shared, record) ? 'identical' : 'same curve, other figures';
  if (!sameSettings(shared, record)) return 'different settings';
  if (JSON.stringify(sharedDevice(shared.device)) !== JSON.stringify(sharedDevice(record.device)))
    return 'different device';
  const kernels = shortHash(record.kernels) ?? '';
  if (shared.engine !== record.engine || shared.kernels !== kernels) return 'different engine or kernels';
  return 'differs';
}

/**
 * Whether both did the same work; the settings of memory do not touch the numbers except through what was fitted, nor do
 * exact passes.
 */
function sameSettings(shared: SharedRun, record: RunRecord): boolean {
  const ran = (run: SharedRun | RunRecord): Config => ({ ...run.config, ...run.fitted });
  const changes = diffConfigs(ran(shared), ran(record)).filter(
    ({ key }) =>
      entryOf(key).group !== 'memory' && !entryOf(key).local && (PASSES as Record<string, string>)[key] !== 'exact',
  );
  const events = (run: SharedRun | RunRecord) =>
    JSON.stringify(run.events.map(({ step, key, value }) => [step, key, value]));
  return changes.length === 0 && events(shared) === events(record) && shared.epochs === record.epochs.length;
}
