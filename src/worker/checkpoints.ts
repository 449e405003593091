import { InputError } from '../config/errors.ts';
import { parseConfig } from '../config/parse.ts';
import { type Config, DEFAULTS } from '../config/schema.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { takeFree } from '../store/lock.ts';
import { type CheckpointFile, decodeCheckpoint, encodeCheckpoint } from '../train/checkpointFile.ts';
import { CHECKPOINTS, type Interrupted } from './interrupted.ts';

/**
 * Checkpoints of the runs of this browser, one slot per run: `checkpoints/SLOT/head` says what there is and which pieces hold it,
 * `checkpoints/SLOT/N/…`. A new checkpoint is written beside the old one, then the head names it, then the old one goes: whenever
 * the tab closes, one of the two is whole. Whoever writes a slot, or reads it to go on, holds its lock for as long as its run lives.
 */

/** One transaction should hold 16 MB at the most; see store/indexedDb.ts. */
const PIECE_BYTES = 4 * 2 ** 20;

interface Head {
  readonly engine: string;
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  readonly name: string;
  readonly epoch: number;
  readonly epochs: number;
  readonly config: Partial<Config>;
  /** Counts the checkpoints of the run. */
  readonly serial: number;
  readonly pieces: number;
}

/** Whose run it is, as far as the checkpoint itself does not say. */
export type Origin = Pick<Interrupted, 'datasetId' | 'catalogueId'>;

/** A slot that this tab has for itself. */
export interface Slot {
  /** What is in it; null in a new one. */
  readonly file: CheckpointFile | null;
  write(file: CheckpointFile, origin: Origin): Promise<void>;
  /** Lets go of it: where the run is over, its checkpoint goes too. */
  close(over: boolean): Promise<void>;
}

const folderOf = (slot: string) => `${CHECKPOINTS}${slot}/`;
const headOf = (slot: string) => `${folderOf(slot)}head`;
const pieceOf = (slot: string, serial: number, piece: number) => `${folderOf(slot)}${serial}/${piece}`;
const lockOf = (slot: string) => `checkpoint/${slot}`;

/** Runs that nobody goes on with now, newest first. */
export async function listInterrupted(store: ChunkStore): Promise<Interrupted[]> {
  const keys = await store.keys(CHECKPOINTS);
  const slots = new Set(keys.map((key) => key.slice(CHECKPOINTS.length).split('/')[0]));
  const found: Interrupted[] = [];
  for (const slot of slots) {
    const release = await takeFree(lockOf(slot));
    if (!release) continue;
    try {
      const head = await readHead(store, slot);
      // A tab that was closed while it wrote its first one.
      if (!head) await store.delete(folderOf(slot));
      else found.push(interrupted(slot, head));
    } finally {
      await release();
    }
  }
  return found.sort((a, b) => b.at - a.at);
}

/** Takes an interrupted run to go on with it, or makes a new slot. @throws InputError where it is gone, or another tab has it */
export async function openSlot(store: ChunkStore, wanted: string | null): Promise<Slot> {
  const slot = wanted ?? crypto.randomUUID();
  const release = await takeFree(lockOf(slot));
  if (!release) throw new InputError('This run goes on in another tab already: look for it there.');
  try {
    const head = wanted === null ? null : await readHead(store, slot);
    if (wanted !== null && !head) throw new InputError('This run was resumed or discarded in another tab: train anew.');
    const file = head && (await readFile(store, slot, head));
    let { serial, pieces } = head ?? { serial: 0, pieces: 0 };
    return {
      file,
      async write(next, { datasetId, catalogueId }) {
        const bytes = encodeCheckpoint(next);
        const { epochs, events } = next.point;
        const last = events.findLast(({ key }) => key === 'training.epochs')?.value;
        const before = { serial, pieces };
        serial++;
        pieces = Math.ceil(bytes.length / PIECE_BYTES);
        for (let i = 0; i < pieces; i++) {
          await store.put(pieceOf(slot, serial, i), bytes.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
        }
        const about: Head = {
          engine: next.engine,
          at: Date.now(),
          datasetId,
          catalogueId,
          name: next.dataset.name,
          epoch: epochs.length,
          epochs: Number(last ?? next.config['training.epochs']),
          config: next.config,
          serial,
          pieces,
        };
        await store.put(headOf(slot), new TextEncoder().encode(JSON.stringify(about)));
        if (before.pieces > 0) await store.delete(`${folderOf(slot)}${before.serial}/`);
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

function interrupted(slot: string, { engine, config, serial: _, pieces: __, ...about }: Head): Interrupted {
  const other = `Edgewise ${engine} kept it, and this is ${ENGINE_VERSION}, which may compute other bits.`;
  let problem = engine === ENGINE_VERSION ? null : other;
  let checked: Partial<Config> = {};
  try {
    checked = parseConfig(config);
  } catch (error) {
    problem ??= (error as Error).message;
  }
  return { ...about, slot, config: { ...DEFAULTS, ...checked }, problem };
}

async function readFile(store: ChunkStore, slot: string, { serial, pieces }: Head): Promise<CheckpointFile> {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < pieces; i++) {
    const part = await store.get(pieceOf(slot, serial, i));
    if (!part) throw new InputError('A piece of this run is missing in the browser: discard it, and train anew.');
    parts.push(part);
  }
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return decodeCheckpoint(bytes, 'The interrupted run');
}
