/** The two ends of a build: the index that comes in, the file that goes out. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../src/formats/bundle.ts';
import type { CatalogueEntry } from '../src/formats/catalogue.ts';

/** The uncompressed index from an uncompressed or xz file's bytes. */
export function unpackIndex(bytes: Uint8Array): Buffer {
  if (bytes[0] !== 0xfd || bytes[1] !== 0x37) return Buffer.from(bytes);
  const { status, stdout, error } = spawnSync('xz', ['-dc'], { input: bytes, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`xz could not unpack the index (${error?.message ?? `status ${status}`}).`);
  return stdout;
}

/** The file as it is shipped, before it is packed: a bundle with its origin in the metadata. */
export function bundleOf(
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
  return writeBundle(data, about);
}

/** Packs by zopfli, without a time stamp: a tenth smaller than gzip -9 makes it, and each first visit waits for these bytes. */
export function pack(bundle: Uint8Array): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'edgewise-pack-'));
  try {
    const file = join(folder, 'bundle');
    writeFileSync(file, bundle);
    const { status, stdout, error } = spawnSync('zopfli', ['-c', file], { maxBuffer: 2 ** 30 });
    if (status !== 0) throw new Error(`zopfli could not pack the bundle (${error?.message ?? `status ${status}`}).`);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
