import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IngestPlace } from '../bench/ingest.ts';
import { fileStore } from '../store/file.ts';

/** A temporary folder for the bench of ingest; `close` deletes it. */
export async function ingestPlace(): Promise<IngestPlace & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'edgewise-ingest-'));
  const stored = join(folder, 'store');
  return {
    async store() {
      await rm(stored, { recursive: true, force: true });
      return fileStore(stored);
    },
    async write(name, pieces) {
      const path = join(folder, name);
      const file = await open(path, 'w');
      try {
        for (const piece of pieces) await file.write(piece);
      } finally {
        await file.close();
      }
      return { name, open: () => createReadStream(path) };
    },
    processor() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    resident: () => process.memoryUsage.rss(),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
