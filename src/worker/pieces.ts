import type { ChunkStore } from '../store/chunkStore.ts';

/** A file in a store of chunks: in pieces `FOLDER0`, `FOLDER1`, … Whoever keeps it notes elsewhere how many there are, once all of them are. */

/** One transaction should hold 16 MB at the most; see store/indexedDb.ts. */
const PIECE_BYTES = 4 * 2 ** 20;

export const piecesFor = (bytes: number): number => Math.ceil(bytes / PIECE_BYTES);

export async function putPieces(store: ChunkStore, folder: string, file: Uint8Array): Promise<void> {
  for (let i = 0; i < piecesFor(file.length); i++) {
    await store.put(`${folder}${i}`, file.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
  }
}

/** The file, of which one piece more is there while it is put together; null where one is missing. */
export async function getPieces(store: ChunkStore, folder: string, pieces: number): Promise<Uint8Array | null> {
  // All but the last are of one size.
  const last = await store.get(`${folder}${pieces - 1}`);
  if (!last) return null;
  const file = new Uint8Array((pieces - 1) * PIECE_BYTES + last.length);
  file.set(last, (pieces - 1) * PIECE_BYTES);
  for (let i = 0; i < pieces - 1; i++) {
    const piece = await store.get(`${folder}${i}`);
    if (piece?.length !== PIECE_BYTES) return null;
    file.set(piece, i * PIECE_BYTES);
  }
  return file;
}
