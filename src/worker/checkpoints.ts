import { InputError } from '../config/errors.ts';
import { parseConfig } from '../config/parse.ts';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { heldLocks, takeFree } from '../store/lock.ts';
import { type CheckpointFile, decodeCheckpoint, encodeCheckpoint } from '../train/checkpointFile.ts';
import type { KeepingLedgers } from '../train/job.ts';
import { CHECKPOINTS, type Interrupted } from './interrupted.ts';
import { getPieces, piecesFor, putPieces } from './pieces.ts';

/**
 * Checkpoints of the runs of this browser, one slot per run: `checkpoints/SLOT/head` says what there is and which pieces hold it,
 * `checkpoints/SLOT/N/…`. A new checkpoint is written beside the old one, then the head names it, then the old one goes: whenever
 * the tab closes, one of the two is whole. Whoever writes a slot, or reads it to go on, holds its lock for as long as its run lives.
 */

interface Head {
  readonly engine: string;
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  readonly name: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly config: Partial<Config>;
  /** By hand since; undefined in one of before this was written. */
  readonly changed?: Partial<Config>;
  /** Counts the checkpoints of the run. */
  readonly serial: number;
  readonly pieces: number;
  /** Of the file; undefined in one of before this was written. */
  readonly bytes?: number;
}

/** Whose run it is, as far as the checkpoint itself does not say. */
export type Origin = Pick<Interrupted, 'datasetId' | 'catalogueId'>;

/** A slot that this tab has for itself. */
export interface Slot {
  /** Bytes of what is in it on disk; known once it was read or written. */
  readonly bytes: number;
  /** Reads what is in it, and keeps nothing of that; null in a new one. */
  read(): Promise<CheckpointFile | null>;
  /** The ledgers are charged with the file while it is written, and with what lies on disk. */
  write(file: CheckpointFile, origin: Origin, ledgers: KeepingLedgers): Promise<void>;
  /** Lets go of it: where the run is over, its checkpoint goes too. */
  close(over: boolean): Promise<void>;
}

const folderOf = (slot: string) => `${CHECKPOINTS}${slot}/`;
const headOf = (slot: string) => `${folderOf(slot)}head`;
const piecesOf = (slot: string, serial: number) => `${folderOf(slot)}${serial}/`;
const lockOf = (slot: string) => `checkpoint/${slot}`;

/** Runs that nobody goes on with now, newest first. No lock is taken for a look: another tab may be looking, too. */
export async function listInterrupted(store: ChunkStore): Promise<Interrupted[]> {
  const keys = await store.keys(CHECKPOINTS);
  const slots = new Set(keys.map((key) => key.slice(CHECKPOINTS.length).split('/')[0]));
  const taken = await heldLocks();
  const found: Interrupted[] = [];
  for (const slot of slots) {
    if (taken.has(lockOf(slot))) continue;
    const head = await readHead(store, slot);
    if (head) found.push(interrupted(slot, head));
    // A tab that was closed while it wrote its first one.
    else await discard(store, slot);
  }
  return found.sort((a, b) => b.at - a.at);
}

/**
 * Takes a slot for a run.
 *
 * @param resume whether it is to go on with what is in there
 * @throws InputError where that is gone, or another tab has the slot
 */
export async function openSlot(store: ChunkStore, slot: string, resume: boolean): Promise<Slot> {
  const release = await takeFree(lockOf(slot));
  if (!release) throw new InputError('This run goes on in another tab already: look for it there.');
  try {
    const head = resume ? await readHead(store, slot) : null;
    if (resume && !head) throw new InputError('This run was resumed or discarded in another tab: train anew.');
    let { serial, pieces } = head ?? { serial: 0, pieces: 0 };
    let bytes = 0;
    return {
      get bytes() {
        return bytes;
      },
      async read() {
        if (!head) return null;
        const file = await readFile(store, slot, head);
        bytes = file.length + ((await store.get(headOf(slot)))?.length ?? 0);
        return decodeCheckpoint(file, 'The interrupted run');
      },
      async write(next, origin, { host, disk }) {
        const file = encodeCheckpoint(next);
        host.add('checkpoint', file.length);
        try {
          const before = { serial, pieces, bytes };
          serial++;
          pieces = piecesFor(file.length);
          const about = headBytes(next, origin, { serial, pieces, bytes: file.length });
          bytes = file.length + about.length;
          disk.add('checkpoint', bytes);
          await putPieces(store, piecesOf(slot, serial), file);
          await store.put(headOf(slot), about);
          if (before.pieces > 0) await store.delete(piecesOf(slot, before.serial));
          disk.remove('checkpoint', before.bytes);
        } finally {
          host.remove('checkpoint', file.length);
        }
      },
      async close(over) {
        if (over) await store.delete(folderOf(slot));
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Forgets an interrupted run, where no tab goes on with it. */
export async function discard(store: ChunkStore, slot: string): Promise<void> {
  const release = await takeFree(lockOf(slot));
  if (!release) return;
  await store.delete(folderOf(slot)).finally(release);
}

async function readHead(store: ChunkStore, slot: string): Promise<Head | null> {
  const bytes = await store.get(headOf(slot));
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Head);
}

function interrupted(slot: string, { engine, config, changed, serial: _, pieces: __, ...about }: Head): Interrupted {
  const other = `Edgewise ${engine} kept it, and this is ${ENGINE_VERSION}, which may compute other bits.`;
  let problem = engine === ENGINE_VERSION ? null : other;
  let [checked, since]: Partial<Config>[] = [{}, {}];
  try {
    checked = parseConfig(config);
    since = parseConfig(changed ?? {});
  } catch (error) {
    problem ??= (error as Error).message;
  }
  const began = { ...DEFAULTS, ...checked };
  return { ...about, bytes: about.bytes ?? null, slot, config: began, now: { ...began, ...since }, problem };
}

async function readFile(store: ChunkStore, slot: string, { serial, pieces }: Head): Promise<Uint8Array> {
  const file = await getPieces(store, piecesOf(slot, serial), pieces);
  if (!file) throw new InputError('A piece of this run is missing in the browser: discard it, and train anew.');
  return file;
}

function headBytes(
  { engine, dataset, config, point }: CheckpointFile,
  origin: Origin,
  where: Pick<Head, 'serial' | 'pieces' | 'bytes'>,
) {
  const { epochs, events } = point;
  const changed: Partial<Config> = Object.fromEntries(events.map(({ key, value }) => [key, value]));
  const head: Head = {
    engine,
    at: Date.now(),
    ...origin,
    name: dataset.name,
    epoch: epochs.length,
    epochs: changed['training.epochs'] ?? config['training.epochs'],
    config,
    changed,
    ...where,
  };
  return new TextEncoder().encode(JSON.stringify(head));
}
