/** The two ends of a build: the index that comes in, the file that goes out. */
import { spawnSync } from 'node:child_process';
import { gzipSync } from 'fflate';
import { writeBundle } from '../src/formats/bundle.ts';
import type { CatalogueEntry } from '../src/formats/catalogue.ts';

/** The uncompressed index from an uncompressed or xz file's bytes. */
export function unpackIndex(bytes: Uint8Array): Buffer {
  if (bytes[0] !== 0xfd || bytes[1] !== 0x37) return Buffer.from(bytes);
  const { status, stdout, error } = spawnSync('xz', ['-dc'], { input: bytes, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`xz could not unpack the index (${error?.message ?? `status ${status}`}).`);
  return stdout;
}

/** The file as it is shipped: a bundle with its origin in the metadata, packed without a time stamp. */
export function pack(
  data: Parameters<typeof writeBundle>[0],
  { title, licence, citation, source }: CatalogueEntry,
): Uint8Array {
  const about = new Map([
    ['title', title],
    ['licence', licence],
    ['citation', citation],
  ]);
  if (source)
    about.set('source', source.url).set('source_sha256', source.sha256).set('source_released', source.released);
  return gzipSync(writeBundle(data, about), { level: 9, mtime: 0 });
}
