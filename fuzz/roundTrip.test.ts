import { gunzipSync, gzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { NamedBytes } from '../src/formats/csv.ts';
import { readCsvGraph } from '../src/formats/csv.ts';
import { edgeListStream } from '../src/formats/edgeListStream.ts';
import { readNodeTable } from '../src/formats/nodeTable.ts';
import { readGraphFiles } from '../src/formats/open.ts';
import { arrange } from '../src/graph/arrange.ts';
import { withNodeTable } from '../src/graph/featureRows.ts';
import { fingerprint } from '../src/graph/fingerprint.ts';
import type { Graph } from '../src/graph/graph.ts';
import { ingest } from '../src/store/ingest.ts';
import { memoryStore } from '../src/store/memory.ts';
import { loadGraph } from '../src/store/storedGraph.ts';
import { streamIngest } from '../src/store/streamIngest.ts';
import { checkGraph } from './checkGraph.ts';
import {
  attributes,
  bytesOf,
  listed,
  NPZ,
  OGB_LABELS,
  ogbEntries,
  planetoid,
  realFiles,
  realPlanetoid,
  TABLES,
  testdata,
  unpackedMat,
  zipped,
} from './files.ts';

/** Chunks that hold no whole row, so that rows lie across them. */
const STORED = { id: 'g', chunkBytes: 20 };
const bundle = () => bytesOf(new URL('../datasets/karate.safetensors.gz', import.meta.url));
const packed = ({ name, bytes }: NamedBytes) => ({ name: `${name}.gz`, bytes: gzipSync(bytes) });
const inZip = (files: readonly NamedBytes[]) => [
  { name: 'all.zip', bytes: zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]))) },
];
const real = (folder: string, file: string) => realFiles(folder, (name) => name === file);

/** The same graph in a row, if it comes in several wrappings; null where the real files are not there. */
const FORMATS: [string, (NamedBytes[] | null)[]][] = [
  ['Planetoid', [planetoid(), inZip(planetoid()), planetoid().map(packed)]],
  ['Planetoid: Cora', [realPlanetoid()]],
  ...Object.entries(NPZ).map(([layout, entries]): [string, NamedBytes[][]] => [
    `NumPy: ${layout}`,
    [[zipped('g.npz', entries)], inZip([zipped('g.npz', entries)]), [packed(zipped('g.npz', entries))]],
  ]),
  ['NumPy: Minesweeper', [real('heterophilous', 'minesweeper.npz')]],
  ...Object.entries(TABLES).map(([kind, files]): [string, NamedBytes[][]] => [
    `tables: ${kind}`,
    [files, inZip(files), files.map(packed)],
  ]),
  ['MAT', [[testdata('ring.mat')], [unpackedMat(testdata('ring.mat'))], [packed(testdata('ring.mat'))]]],
  ['MAT: Citationv1', [real('adagcn', 'citationv1.mat')]],
  ['OGB', [[zipped('ring.zip', ogbEntries())]]],
  ['OGB: several labels', [[zipped('ring.zip', ogbEntries(OGB_LABELS))]]],
  ['JSON', [[testdata('karate.json')], [packed(testdata('karate.json'))], inZip([testdata('karate.json')])]],
  ['JSON: several labels', [[listed()], [packed(listed())], inZip([listed()])]],
  ['JSON: attributes', [[attributes()], [packed(attributes())], inZip([attributes()])]],
  [
    'bundle',
    [
      [{ name: 'karate.safetensors', bytes: gunzipSync(bundle()) }],
      [{ name: 'karate.safetensors.gz', bytes: bundle() }],
    ],
  ],
];

test.for(FORMATS)('%s comes back from a store as it was read, in any wrapping', async ([, wrappings], { skip }) => {
  const found = wrappings.filter((files) => files !== null);
  if (found.length === 0) return skip('EDGEWISE_DATA names no folder with these files');
  const prints = new Set<string>();
  for (const files of found) {
    const graph = arrange(readGraphFiles(files));
    checkGraph(graph);
    const store = memoryStore();
    const chunkBytes = graph.nodes > 1000 ? 2 ** 16 : STORED.chunkBytes;
    const manifest = await ingest(graph, store, { ...STORED, chunkBytes });
    const loaded = await loadGraph(store, 'g');
    expectSame(loaded, graph);
    expect([await fingerprint(loaded), manifest.fingerprint]).toEqual(Array(2).fill(await fingerprint(graph)));
    prints.add(`${graph.name} ${manifest.fingerprint}`);
  }
  expect(prints.size).toBe(1);
});

test.each(Object.entries(TABLES))('tables: %s, as a stream', async (_, [list, nodeFile]) => {
  const file = {
    name: list.name,
    async *open() {
      for (let at = 0; at < list.bytes.length; at += 5) yield list.bytes.subarray(at, at + 5);
    },
  };
  const table = nodeFile && readNodeTable(nodeFile.bytes, nodeFile.name);
  const edges = await edgeListStream(file, { directed: false, known: table?.ids });
  const store = memoryStore();
  const { manifest } = await streamIngest(table ? withNodeTable(edges, table) : edges, store, STORED);
  const graph = arrange(readCsvGraph(list, nodeFile ?? null));
  expectSame(await loadGraph(store, 'g'), graph);
  expect(manifest.fingerprint).toBe(await fingerprint(graph));
});

/** Millions of numbers are compared as bytes: a matcher would take a minute. */
function expectSame(loaded: Graph, graph: Graph): void {
  const hashed = (value: unknown) =>
    ArrayBuffer.isView(value)
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
      : value;
  const flat = ({ adjacency, features, labels, splits, positions, ...rest }: Graph) => ({
    ...rest,
    ...Object.fromEntries(Object.entries(adjacency).map(([key, value]) => [`adjacency.${key}`, hashed(value)])),
    ...Object.fromEntries(Object.entries(features).map(([key, value]) => [`features.${key}`, hashed(value)])),
    ...{ labels: hashed(labels), splits: splits.map(hashed), positions: hashed(positions) },
  });
  expect(flat(loaded)).toEqual(flat(graph));
}
