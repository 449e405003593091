import { gunzipSync, strToU8 } from 'fflate';
import { InputError } from '../src/config/errors.ts';
import { readBundle, writeBundle } from '../src/formats/bundle.ts';
import type { NamedBytes } from '../src/formats/csv.ts';
import { readCsvGraph } from '../src/formats/csv.ts';
import { edgeListStream } from '../src/formats/edgeListStream.ts';
import { readGraphFiles } from '../src/formats/open.ts';
import { readPickle } from '../src/formats/pickle.ts';
import { NUMPY_REGISTRY, numpyArray, numpyMatrix } from '../src/formats/pickleNumpy.ts';
import type { PickleKey, PickleValue } from '../src/formats/pickleValues.ts';
import { arrange } from '../src/graph/arrange.ts';
import { fingerprint } from '../src/graph/fingerprint.ts';
import { withLabelSets } from '../src/graph/testGraphs.ts';
import { memoryStore } from '../src/store/memory.ts';
import { loadGraph } from '../src/store/storedGraph.ts';
import { streamIngest } from '../src/store/streamIngest.ts';
import type { FuzzCase, FuzzInput } from './cases.ts';
import { checkGraph } from './checkGraph.ts';
import {
  attributes,
  bytesOf,
  gzip,
  listed,
  NPZ,
  OGB,
  OGB_LABELS,
  ogbEntries,
  planetoid,
  realFiles,
  realPlanetoid,
  TABLES,
  testdata,
  unpackedMat,
  wikiCs,
  zip,
} from './files.ts';
import { firstNodes } from './firstNodes.ts';

const readGraph = (files: readonly NamedBytes[]) => checkGraph(arrange(readGraphFiles(files)));

/** Each file damaged, the others whole; all of them on their way through `pack`. */
function ofFiles(files: readonly NamedBytes[], pack = (whole: readonly NamedBytes[]) => whole): FuzzInput[] {
  return files.map(({ name, bytes }, i) => ({
    bytes,
    read: (damaged) => readGraph(pack(files.with(i, { name, bytes: damaged }))),
  }));
}

const entriesOf = (files: readonly NamedBytes[]) =>
  Object.fromEntries(files.map(({ name, bytes }) => [name, bytes] as const));
const zipOf = (name: string) => (files: readonly NamedBytes[]) => [
  { name, bytes: zip(entriesOf(files), { level: 0 }) },
];
const filesOf = (entries: Readonly<Record<string, Uint8Array>>) =>
  Object.entries(entries).map(([name, bytes]) => ({ name, bytes }));
/** An archive damaged as a whole, and each file in it. */
const ofArchive = (name: string, entries: Readonly<Record<string, Uint8Array>>) => [
  ...ofFiles([{ name, bytes: zip(entries) }]),
  ...ofFiles(filesOf(entries), zipOf(name)),
];

/** Nothing but numbers of which each could stand for any size. */
const BARE_OGB = {
  'raw/num-node-list.csv': strToU8('3'),
  'raw/num-edge-list.csv': strToU8('2'),
  'raw/edge.csv': strToU8('0,1\n1,2\n'),
};

const karate = () => ({
  name: 'karate.safetensors',
  bytes: gunzipSync(bytesOf(new URL('../datasets/karate.safetensors.gz', import.meta.url))),
});
/** Whose nodes have several labels. */
const severalLabels = () => ({
  name: 'karate.safetensors',
  bytes: writeBundle(withLabelSets(readBundle(karate().bytes, 'karate.safetensors'))),
});
const gzipped = ({ name, bytes }: NamedBytes) => ({ name: `${name}.gz`, bytes: gzip(bytes) });

/** Tables of numbers that were packed one by one, damaged before that. */
const ogbTables = (): FuzzInput[] =>
  Object.entries(OGB)
    .filter(([name]) => name.endsWith('.gz'))
    .map(([name, text]) => ({
      bytes: strToU8(text),
      read: (damaged) => {
        const entries = { ...ogbEntries(), [name]: gzip(damaged, { level: 1 }) };
        readGraph([{ name: 'ring.zip', bytes: zip(entries, { level: 0 }) }]);
      },
    }));

/** A stream of a few bytes at a time must say, and store, what the list says that is read as a whole. */
async function readStream({ name, bytes }: NamedBytes): Promise<void> {
  const whole = await outcome(() => arrange(readCsvGraph({ name, bytes }, null)));
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  };
  const streamed = await outcome(async () => {
    const stream = await edgeListStream({ name, open: pieces }, { directed: false });
    const store = memoryStore();
    await streamIngest(stream, store, { id: 'g', chunkBytes: 4096 });
    return loadGraph(store, 'g');
  });
  if (whole instanceof InputError && streamed instanceof InputError) throw streamed;
  if (whole instanceof InputError || streamed instanceof InputError) {
    throw new Error(`Only one of whole and stream is refused: ${whole instanceof InputError ? whole : streamed}`);
  }
  checkGraph(streamed);
  if ((await fingerprint(whole)) !== (await fingerprint(streamed))) throw new Error('The stream is another graph.');
}

async function outcome<T>(read: () => T | Promise<T>): Promise<T | InputError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

function readValues(bytes: Uint8Array, where: string): void {
  const { value } = readPickle(bytes, where, NUMPY_REGISTRY);
  if (!(value instanceof Map)) return;
  const values = value as Map<PickleKey, PickleValue>;
  numpyMatrix(values.get('csr'), where);
  for (const key of ['f8', 'fortran', 'big', 'u1', 'bool', 'i8', 'empty']) numpyArray(values.get(key), where);
}

export const FORMAT_CASES: readonly FuzzCase[] = [
  {
    name: 'planetoid',
    source: 'SciPy (pickle protocol 2)',
    names: /ind\.gap|gap/,
    inputs: () => ofFiles(planetoid()),
  },
  {
    name: 'planetoid-cora',
    source: 'Cora as released',
    names: /cora/,
    share: 0.1,
    inputs: () => {
      const files = realPlanetoid();
      return files && ofFiles(files);
    },
  },
  {
    name: 'pickle',
    source: 'Python, protocols 0 to 5',
    names: /values/,
    inputs: () =>
      [0, 1, 2, 3, 4, 5].map((protocol) => {
        const { name, bytes } = testdata(`values.p${protocol}.pkl`);
        return { bytes, read: (damaged: Uint8Array) => readValues(damaged, name) };
      }),
  },
  ...Object.entries(NPZ).map(([layout, entries]) => ({
    name: `npz-${layout}`,
    source: 'written here',
    names: /g\.npz|\bg\b/,
    inputs: () => ofArchive('g.npz', entries),
  })),
  {
    name: 'npz-minesweeper',
    source: 'Minesweeper as released, its first 200 nodes',
    names: /minesweeper/,
    inputs: () => {
      const [file] = realFiles('heterophilous', (name) => name === 'minesweeper.npz') ?? [];
      return file ? ofArchive(file.name, firstNodes(file, 200)) : null;
    },
  },
  {
    name: 'tables',
    source: 'written here',
    names: /edges|nodes|web/,
    inputs: () => Object.values(TABLES).flatMap((files) => ofFiles(files)),
  },
  {
    name: 'tables-stream',
    source: 'written here',
    names: /edges|web/,
    inputs: () =>
      Object.values(TABLES).map(([{ name, bytes }]) => ({
        bytes,
        read: (damaged) => readStream({ name, bytes: damaged }),
      })),
  },
  {
    name: 'mat',
    source: 'SciPy, uncompressed and compressed',
    names: /ring/,
    inputs: () => [...ofFiles([unpackedMat(testdata('ring.mat'))]), ...ofFiles([testdata('ring.mat')])],
  },
  {
    name: 'mat-citation',
    source: 'Citationv1 as released',
    names: /citationv1/,
    share: 0.05,
    inputs: () => {
      const files = realFiles('adagcn', (name) => name === 'citationv1.mat');
      return files && ofFiles(files);
    },
  },
  {
    name: 'ogb',
    source: 'written here, as ogb lays it out',
    // Where the tables are not known as OGB's any more, some of them are named.
    names: /ring|num-node-list/,
    inputs: () => [
      ...ofArchive('ring.zip', ogbEntries()),
      ...ofArchive('ring.zip', ogbEntries(OGB_LABELS)),
      ...ogbTables(),
      ...ofFiles(filesOf(BARE_OGB), zipOf('ring.zip')),
    ],
  },
  {
    name: 'json',
    source: 'NetworkX; attributes written here',
    names: /karate|path/,
    inputs: () => [testdata('karate.json'), attributes(), listed(), wikiCs()].flatMap((file) => ofFiles([file])),
  },
  {
    name: 'bundle',
    source: 'karate of the embedded datasets',
    names: /karate|Karate/,
    inputs: () => [karate(), severalLabels()].flatMap((file) => ofFiles([file])),
  },
  {
    name: 'gzip',
    source: 'the files above',
    names: /karate|ring|edges|nodes/,
    inputs: () => [
      ...[testdata('karate.json'), testdata('ring.mat'), karate()].flatMap((file) => ofFiles([gzipped(file)])),
      ...ofFiles(TABLES.named.map(gzipped)),
    ],
  },
  {
    name: 'zip',
    source: 'the files above',
    // Damage may change the names in an archive, by which its files are called.
    names: /^.+: |gap/,
    inputs: () =>
      [[testdata('karate.json')], [unpackedMat(testdata('ring.mat'))], [karate()], TABLES.named, planetoid()].flatMap(
        (files) => [
          { bytes: zip(entriesOf(files)), read: (bytes: Uint8Array) => readGraph([{ name: 'all.zip', bytes }]) },
          ...ofFiles(files, zipOf('all.zip')),
        ],
      ),
  },
];
