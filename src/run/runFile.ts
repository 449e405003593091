import { InputError } from '../config/errors.ts';
import { CONFIG_KEYS, type Config, DEFAULTS, entryOf, SCHEMA } from '../config/schema.ts';
import { decodeRecord } from './codec.ts';
import { cleanText } from './linkBytes.ts';
import { MAX_POINTS, sampledEpochs, shownCurve } from './linkCurve.ts';
import { shortHash } from './linkNames.ts';
import { curveHash, type RunRecord } from './record.ts';
import { closestPreset, DEVICE_TEXT, type SharedRun, sharedDevice } from './sharedRun.ts';

/**
 * A run as one file: the run.json of `edgewise train --out`, which may be anybody's. What a link has no room for is checked here: the
 * whole curve is there, so its hash is computed again.
 */

/** Bytes of the largest run that a page opens, some 200,000 epochs; beyond that nothing of the file is read. */
export const LARGEST_RUN_FILE = 64 * 2 ** 20;

/** Characters of its beginning by which a run is told from a graph. */
export const RUN_HEAD = 8192;

/** Whether a file that begins like this is meant to be a run, whole or not; a program may have sorted its keys. */
export function looksLikeRun(head: string): boolean {
  return /^\s*\{\s*"schema"\s*:\s*\d/.test(head) || /^\s*\{[\s\S]*"training\.epochs"\s*:/.test(head);
}

/**
 * The run in `text`, its texts as a screen may show them; `where` is the file's name.
 *
 * @throws InputError where it is no run, or no run leaves behind what it holds
 */
export async function readRunFile(text: string, where: string): Promise<RunRecord> {
  const record = decodeRecord(text, where);
  const wrong = (what: string) => new InputError(`${where}: ${what}; save the run again.`);
  const { epochs, events, result, dataset, kernels } = record;
  if (epochs.length === 0 || epochs.some(({ epoch }, i) => epoch !== i + 1)) {
    throw wrong('its epochs are not there from 1 to the last');
  }
  if (epochs.length > SCHEMA['training.epochs'].max) throw wrong('it has more epochs than a run may');
  if (result.bestEpoch < 1 || result.bestEpoch > epochs.length) throw wrong('its best epoch is none of its epochs');
  const figures = [result.testAcc, result.testMicroF1, result.testMacroF1, result.testWeightedF1, result.testRocAuc];
  if (figures.some((value) => value !== null && (value < 0 || value > 1))) {
    throw wrong('a figure of its result is not between 0 and 1');
  }
  if (shortHash(dataset.fingerprint) === null) throw wrong('the fingerprint of its graph is no hash');
  if (kernels !== '' && shortHash(kernels) === null) throw wrong('its kernels are no hash');
  for (const [i, { step, key }] of events.entries()) {
    if (!entryOf(key).live) throw wrong(`${key} cannot have been changed during the run`);
    if (step < (events[i - 1]?.step ?? 0)) throw wrong('its changes by hand are not in order');
  }
  if ((await curveHash(epochs)) !== result.curveHash) {
    throw wrong('the hash of its curve is not that of its epochs, so somebody changed the file');
  }
  const resumed = record.resumed?.map((at) => ({ ...at, device: sharedDevice(at.device) }));
  if (resumed?.some(({ epoch }) => epoch < 1 || epoch > epochs.length))
    throw wrong('it was interrupted after none of its epochs');
  return {
    ...record,
    engine: cleanText(record.engine, DEVICE_TEXT),
    dataset: { ...dataset, name: cleanText(dataset.name, DEVICE_TEXT) },
    device: sharedDevice(record.device),
    ...(resumed && { resumed }),
  };
}

/**
 * A run out of a file as one that came by a link, with what a link leaves out left out: where things lie on the other device.
 *
 * @param catalogueId of its graph, null for one of somebody's own
 */
export function asShared(record: RunRecord, catalogueId: string | null): SharedRun {
  const { dataset, epochs, events, memory } = record;
  const { nodes, edges, features, classes } = dataset;
  const { confusion: _, curveHash, ...figures } = record.result;
  const config = withoutPlaces(record.config, DEFAULTS) as Config;
  const at = sampledEpochs(epochs.length, MAX_POINTS);
  return {
    dataset: { catalogueId, fingerprint: shortHash(dataset.fingerprint) ?? '', nodes, edges, features, classes },
    preset: closestPreset(config, catalogueId),
    config,
    fitted: withoutPlaces(record.fitted, {}),
    events,
    engine: cleanText(record.engine, DEVICE_TEXT),
    kernels: shortHash(record.kernels) ?? '',
    device: sharedDevice(record.device),
    epochs: epochs.length,
    result: { ...figures, curveHash: shortHash(curveHash) ?? '' },
    peak: memory.peak,
    curves: {
      epochs: at,
      trainLoss: shownCurve(epochs, at, 'trainLoss'),
      valLoss: shownCurve(epochs, at, 'valLoss'),
      valAcc: shownCurve(epochs, at, 'valAcc'),
      testAcc: shownCurve(epochs, at, 'testAcc'),
    },
  };
}

/** `settings` with the keys that say where things lie as they are in `here`, or left out where it has none. */
function withoutPlaces(settings: Partial<Config>, here: Partial<Config>): Partial<Config> {
  const keys = CONFIG_KEYS.filter((key) => (entryOf(key).local ? here : settings)[key] !== undefined);
  return Object.fromEntries(keys.map((key) => [key, (entryOf(key).local ? here : settings)[key]]));
}
