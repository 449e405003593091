import { InputError } from '../config/errors.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { takeLock } from '../store/lock.ts';
import { type KeptModel, MODELS, MODELS_BYTES } from './keptModels.ts';
import { getPieces, piecesFor, putPieces } from './pieces.ts';

/**
 * Models of finished runs in this browser, each the file of weights that the command line writes, under the slot of its run:
 * `models/SLOT/0`, `models/SLOT/1`, …, and then `models/SLOT/head`, which says that all of it is there. What else a model takes is in the
 * record of its run. Who writes has a lock, so that what is half-written then was left by a tab that was closed.
 */

interface Head {
  /** Milliseconds since 1970, when it was kept. */
  readonly at: number;
  readonly bytes: number;
}

/** The next run waits for what is written, and shall not wait for another tab. */
const PATIENCE_MS = 10_000;

const folderOf = (slot: string) => `${MODELS}${slot}/`;
const headOf = (slot: string) => `${folderOf(slot)}head`;

/** Oldest first. */
export async function listModels(store: ChunkStore): Promise<KeptModel[]> {
  const slots = slotsOf(await store.keys(MODELS));
  const found = await Promise.all(slots.map(async (slot) => ({ slot, head: await readHead(store, slot) })));
  return found
    .flatMap(({ slot, head }) => (head ? [{ slot, ...head }] : []))
    .sort((a, b) => a.at - b.at)
    .map(({ slot, bytes }) => ({ slot, bytes }));
}

/**
 * Keeps the model of a run; where all of them would take more than `most` bytes, the oldest go.
 *
 * @throws InputError where it is too large by itself, or the browser has no room
 */
export async function keepModel(store: ChunkStore, slot: string, file: Uint8Array, most = MODELS_BYTES): Promise<void> {
  refuseTooLarge(file.length, most);
  const release = await takeLock('models', 'exclusive', AbortSignal.timeout(PATIENCE_MS)).catch(() => {
    throw new InputError('Another tab of this browser is writing models, and does not end.');
  });
  try {
    const kept = await listModels(store);
    const whole = new Set(kept.map((model) => model.slot));
    const halves = slotsOf(await store.keys(MODELS)).filter((other) => !whole.has(other));
    await forgetModels(store, [...halves, ...surplus(kept, most - file.length)]);
    await putPieces(store, folderOf(slot), file);
    const head: Head = { at: Date.now(), bytes: file.length };
    await store.put(headOf(slot), new TextEncoder().encode(JSON.stringify(head)));
  } catch (error) {
    await forgetModels(store, [slot]).catch(() => {});
    throw error;
  } finally {
    await release();
  }
}

/** @throws InputError where so many bytes are too many, whatever else is kept */
export function refuseTooLarge(bytes: number, most = MODELS_BYTES): void {
  if (bytes <= most) return;
  const [mine, all] = [bytes, most].map((count) => `${(count / 1e6).toFixed(0)} MB`);
  throw new InputError(`It takes ${mine}, and all models that this browser keeps take ${all} at the most.`);
}

/** @throws InputError where it is gone, or not whole */
export async function readModel(store: ChunkStore, slot: string): Promise<Uint8Array> {
  const head = await readHead(store, slot);
  const file = head && (await getPieces(store, folderOf(slot), piecesFor(head.bytes)));
  if (file?.length !== head?.bytes || !file) {
    throw new InputError('The model of this run is not in this browser any more: train it again.');
  }
  return file;
}

export async function forgetModels(store: ChunkStore, slots: readonly string[]): Promise<void> {
  for (const slot of slots) await store.delete(folderOf(slot));
}

/** The oldest, as many as must go until the others have no more than `room` bytes. */
function surplus(kept: readonly KeptModel[], room: number): string[] {
  let bytes = kept.reduce((sum, model) => sum + model.bytes, 0);
  return kept.flatMap((model) => {
    if (bytes <= room) return [];
    bytes -= model.bytes;
    return [model.slot];
  });
}

const slotsOf = (keys: readonly string[]) => [...new Set(keys.map((key) => key.slice(MODELS.length).split('/')[0]))];

async function readHead(store: ChunkStore, slot: string): Promise<Head | null> {
  const bytes = await store.get(headOf(slot));
  return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Head);
}
