import { InputError } from '../../config/errors.ts';
import { encodeRecord } from '../../run/codec.ts';
import type { RunRecord } from '../../run/record.ts';
import { asShared, LARGEST_RUN_FILE, looksLikeRun, RUN_HEAD, readRunFile } from '../../run/runFile.ts';
import type { DroppedFile } from '../../worker/protocol.ts';
import { saveFile } from '../inspect/saveFile.ts';
import { type KeptRun, keepRun } from '../runs/keptRuns.ts';
import { shortName } from '../runs/runName.ts';
import { formatBytes } from '../theme/format.ts';
import { refreshDatasets } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { forget } from './keptActions.ts';
import { refreshModels } from './runActions.ts';
import { adopt, keptAreRead } from './start.ts';
import { get, isBusy, set, tell, tellError } from './store.ts';

/** A run as one file, out and in: the run.json of the command line. */

export function saveRun({ id, record }: KeptRun): void {
  const name = `run ${shortName(id, record.config)} ${record.dataset.name}`.toLowerCase();
  saveFile(`${name}.json`, `${encodeRecord(record)}\n`, 'application/json');
}

/** Opens the run among dropped files, if they are one and perhaps its weights; false where they are something else. */
export async function openRunAmong(files: readonly DroppedFile[]): Promise<boolean> {
  const others = files.filter(({ path }) => !/\.json$/i.test(path));
  const [run] = files.filter((file) => !others.includes(file));
  if (files.length !== others.length + 1 || !others.every(({ path }) => /\.safetensors$/i.test(path))) return false;
  try {
    if (!looksLikeRun(await run.file.slice(0, RUN_HEAD).text())) return false;
    const opened = await open(run);
    if (opened && others.length > 0) await keepModel(opened, others);
  } catch (error) {
    tellError(error);
  }
  return true;
}

/** Opens what was chosen as a run, whatever it is. */
export async function openRunFile(file: File): Promise<void> {
  await open({ path: file.name, file }).catch(tellError);
}

interface Opened {
  readonly record: RunRecord;
  /** By which its model may be kept. */
  readonly slot: string;
}

/** Shows a run as if it had come by a link, and keeps it; null where it cannot be kept. */
async function open({ path, file }: DroppedFile): Promise<Opened | null> {
  if (isBusy(get())) throw new InputError('A run or a load is going on: end it before you open a link or a run.');
  if (file.size > LARGEST_RUN_FILE) {
    throw new InputError(
      `${path}: has ${formatBytes(file.size)}, and a run at most ${formatBytes(LARGEST_RUN_FILE)}: choose the file of a run.`,
    );
  }
  const record = await readRunFile(await file.text(), path);
  await refreshDatasets();
  const catalogueId = catalogueIdOf(record);
  await adopt({ kind: 'run', shared: asShared(record, catalogueId), url: null }, '');
  const slot = await keepOpened(record, catalogueId, path);
  return slot === null ? null : { record, slot };
}

/** Keeps the weights that came with a run, if they are its own. */
async function keepModel({ record, slot }: Opened, [weights, ...more]: readonly DroppedFile[]): Promise<void> {
  const { config, fitted, result, dataset } = record;
  const of = { slot, curveHash: result.curveHash, config: { ...config, ...fitted }, dataset };
  try {
    if (more.length > 0) throw new InputError('Several files of weights came with it: drop the one that is its own.');
    await answered(trainer.keepModel({ ...weights, ...of }));
    tell('info', 'The model of this run is kept with it: open it in the list of runs.');
  } catch (error) {
    const why = (error as Error).message.replace(/\.$/, '');
    tell('error', `The run is open, but its model is not kept (${why}).`);
  }
  await refreshModels();
}

/** A record names its graph; one of somebody's own may have the name of a public one, but hardly its size. */
function catalogueIdOf({ dataset }: RunRecord): string | null {
  const entry = get().datasets.find(({ id, kind }) => kind !== 'kept' && id === dataset.name);
  const same = entry && (['nodes', 'features', 'classes'] as const).every((key) => entry[key] === dataset[key]);
  return same ? entry.id : null;
}

/** The same file is kept once, however often it is opened. Resolves with its slot; null where it cannot be kept. */
async function keepOpened(record: RunRecord, catalogueId: string | null, openedFrom: string): Promise<string | null> {
  await keptAreRead();
  const { kept, run } = get();
  const text = encodeRecord(record);
  const same = (other: KeptRun) =>
    other.openedFrom !== undefined &&
    other.record.result.curveHash === record.result.curveHash &&
    encodeRecord(other.record) === text;
  const before = kept.find(same);
  if (before?.slot !== undefined) return before.slot;
  // As an earlier version kept it: it has no place for a model.
  if (before) await forget(before.id);
  const slot = crypto.randomUUID();
  const id = Math.max(0, run?.id ?? 0, ...kept.map((other) => other.id)) + 1;
  const datasetId = catalogueId ?? record.dataset.fingerprint;
  const opened: KeptRun = { id, at: Date.now(), datasetId, catalogueId, openedFrom, slot, record };
  const stored = await keepRun(opened).catch((error) => {
    tellError(error);
    return null;
  });
  set({ kept: [...get().kept, stored ?? opened] });
  return stored && slot;
}
