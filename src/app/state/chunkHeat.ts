import type { ChunksView } from '../../worker/protocol.ts';

/** How often each chunk of a stored graph was asked for of late: what was long ago counts for less. */
export interface ChunkHeat extends Pick<ChunksView, 'arrays' | 'chunksPerBin'> {
  /** Per bin. */
  readonly found: Float32Array;
  readonly read: Float32Array;
  readonly bytesRead: number;
  readonly batches: number;
}

/** What is left of a look-up when the next ones are told, a few times a second: half after about a second and a half. */
const LEFT = 0.87;

/** The heat after some more look-ups; those of another graph or bins begin anew. */
export function warmed(heat: ChunkHeat | null, chunks: ChunksView): ChunkHeat {
  const before = heat && heat.found.length === chunks.found.length ? heat : null;
  const add = (old: Float32Array | undefined, more: Uint32Array) =>
    Float32Array.from(more, (count, bin) => count + LEFT * (old?.[bin] ?? 0));
  return {
    arrays: chunks.arrays,
    chunksPerBin: chunks.chunksPerBin,
    found: add(before?.found, chunks.found),
    read: add(before?.read, chunks.read),
    bytesRead: chunks.bytesRead + LEFT * (before?.bytesRead ?? 0),
    batches: chunks.batches + LEFT * (before?.batches ?? 0),
  };
}
