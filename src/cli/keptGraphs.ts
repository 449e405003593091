import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { streamOf } from '../graph/generatedStream.ts';
import { namedShape } from '../graph/namedShapes.ts';
import type { OrderingName } from '../graph/ordering.ts';
import type { ShapeName } from '../graph/shapes.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { fileName, fileStore } from '../store/file.ts';
import type { IngestProgress } from '../store/ingestProgress.ts';
import { type Manifest, manifestKey } from '../store/manifest.ts';
import { streamIngest } from '../store/streamIngest.ts';
import { cacheFolder } from './download.ts';
import type { FilePlace } from './engine.ts';
import { formatBytes, progressBar } from './output.ts';

/** Graphs that stay on disk between runs, in the cache folder: what was added by name, and generated shapes. */

const folder = () => join(cacheFolder(), 'graphs');

/** Whether a graph of this id is kept, complete: its manifest is written last. */
export function isKept(id: string): boolean {
  return /^[a-z0-9_-]{1,64}$/.test(id) && existsSync(join(folder(), fileName(manifestKey(id))));
}

export async function openKept(): Promise<FilePlace> {
  mkdirSync(folder(), { recursive: true });
  return { store: await fileStore(folder()), folder: folder() };
}

/** Of the generator: a named shape is one graph. */
const SHAPE_SEED = 0;

/** Generates a shape into the store, within `memoryBytes` of main memory. */
export async function keepShape(
  store: ChunkStore,
  name: ShapeName,
  { id = name as string, ...budget }: { id?: string; memoryBytes?: number; ordering?: OrderingName } = {},
): Promise<Manifest> {
  const progress = progressBar();
  try {
    const { manifest } = await streamIngest(streamOf(namedShape(name, SHAPE_SEED)), store, {
      id,
      ...budget,
      onProgress: ingestProgress(progress, name),
    });
    return manifest;
  } finally {
    progress.end();
  }
}

/** What a bar says of an ingest under way. */
export function ingestProgress(progress: ReturnType<typeof progressBar>, name: string) {
  return ({ task, done, total }: IngestProgress) =>
    progress.update(done, total, `${name}: ${task.toLowerCase()}, ${formatBytes(done)} of ${formatBytes(total)}`);
}
