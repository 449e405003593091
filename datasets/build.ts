/**
 * Rebuilds the embedded datasets, byte for byte, and brings their figures in catalogue.json up to date:
 *
 *   npm run datasets -- [Packages | Packages.xz] [--any-index [--released DATE]]
 *
 * Without a path the index is fetched from the address in the catalogue. An index other than the recorded one is refused,
 * unless --any-index says that a new edition is wanted; DATE is then the Date line of its Release file. The programs xz and zopfli
 * must be there (Debian packages xz-utils and zopfli).
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Catalogue, CatalogueEntry } from '../src/formats/catalogue.ts';
import { debianGraph, debianSmallGraph } from './debianGraph.ts';
import { karateGraph } from './karate.ts';
import { bundleOf, pack, unpackIndex } from './pack.ts';

const CATALOGUE = new URL('catalogue.json', import.meta.url);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'any-index': { type: 'boolean' }, released: { type: 'string' } },
  });
  const catalogue: Catalogue = JSON.parse(readFileSync(CATALOGUE, 'utf8'));
  const recorded = catalogue.find(({ id }) => id === 'debian')?.source;
  if (!recorded) throw new Error('catalogue.json records no source for debian.');
  const index = unpackIndex(positionals[0] ? readFileSync(positionals[0]) : await download(recorded.url));
  const sha256 = createHash('sha256').update(index).digest('hex');
  if (sha256 !== recorded.sha256) {
    const what = `This index has the SHA-256 ${sha256}, the datasets were built from ${recorded.sha256}`;
    if (!values['any-index']) throw new Error(`${what} (${recorded.released}); --any-index builds a new edition.`);
    console.error(`${what}: building a new edition.`);
  }
  const released = sha256 === recorded.sha256 ? recorded.released : (values.released ?? 'not recorded');
  const text = index.toString('utf8');
  const graphs = new Map([debianGraph(text), debianSmallGraph(text), karateGraph()].map((data) => [data.name, data]));
  const updated = catalogue.map((entry): CatalogueEntry => {
    const data = graphs.get(entry.id);
    if (!data) return entry;
    const described = entry.source ? { ...entry, source: { ...entry.source, sha256, released } } : entry;
    const file = pack(bundleOf(data, described));
    const path = `${data.name}.safetensors.gz`;
    writeFileSync(new URL(path, import.meta.url), file);
    console.log(`${path}: ${data.nodes} nodes, ${data.source.length} edges, ${file.length} bytes`);
    return {
      ...described,
      nodes: data.nodes,
      edges: data.source.length,
      features: data.features?.cols ?? 0,
      classes: data.classNames.length,
      files: [{ path, bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') }],
    };
  });
  writeFileSync(CATALOGUE, `${JSON.stringify(updated, null, 2)}\n`);
}

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}; give the path of an index instead.`);
  return new Uint8Array(await response.arrayBuffer());
}

main().catch((error: Error) => {
  console.error(`datasets: ${error.message}`);
  process.exitCode = 2;
});
