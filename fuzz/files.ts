/** One small graph in each format: files of other programs where there are any, else written here as the format's authors do. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { type GzipOptions, gzipSync, strToU8, type ZipOptions, zipSync } from 'fflate';
import type { NamedBytes } from '../src/formats/csv.ts';
import { planetoidPart } from '../src/formats/planetoid.ts';
import { npy } from './npy.ts';

const TESTDATA = new URL('../src/formats/testdata/', import.meta.url);

/** Packed at no time in particular: the same seed must make the same file. */
export const gzip = (bytes: Uint8Array, options: GzipOptions = {}) => gzipSync(bytes, { ...options, mtime: 0 });
export const zip = (entries: Record<string, Uint8Array>, options: ZipOptions = {}) =>
  zipSync(entries, { ...options, mtime: new Date(2020, 0, 1) });

export const bytesOf = (path: string | URL): Uint8Array => new Uint8Array(readFileSync(path));
/** A file that another program wrote: src/formats/testdata/make.py. */
export const testdata = (name: string): NamedBytes => ({ name, bytes: bytesOf(new URL(name, TESTDATA)) });

/** Real data that are not part of the project; null where they are not there. */
export function realFiles(folder: string, wanted: (name: string) => boolean): NamedBytes[] | null {
  const at = join(process.env.EDGEWISE_DATA ?? '', folder);
  if (!process.env.EDGEWISE_DATA || !existsSync(at)) return null;
  const names = readdirSync(at).filter(wanted).sort();
  return names.map((name) => ({ name, bytes: bytesOf(join(at, name)) }));
}

/** The set with CiteSeer's trap, pickled by SciPy. */
export const planetoid = (): NamedBytes[] =>
  ['allx', 'ally', 'graph', 'test.index', 'tx', 'ty', 'x', 'y'].map((part) => testdata(`ind.gap.${part}`));

export const realPlanetoid = () => realFiles('planetoid-cora', (name) => planetoidPart(name) !== null);

/** SciPy writes compressed elements; the same ones unpacked, so that damage reaches what is in them. */
export function unpackedMat({ name, bytes }: NamedBytes): NamedBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [bytes.slice(0, 128)];
  for (let at = 128; at < bytes.length; at += 8 + view.getUint32(at + 4, true)) {
    parts.push(inflateSync(bytes.subarray(at + 8, at + 8 + view.getUint32(at + 4, true))));
  }
  return { name, bytes: new Uint8Array(Buffer.concat(parts)) };
}

/** A ring of 5 nodes in the layout of arxiv.zip: ogb/nodeproppred/dataset.py and ogb/io/read_graph_raw.py. */
export const OGB: Readonly<Record<string, string>> = {
  'ring/raw/num-node-list.csv.gz': '5\n',
  'ring/raw/num-edge-list.csv.gz': '5\n',
  'ring/raw/edge.csv.gz': '0,1\n1,2\n2,3\n4,3\n4,0\n',
  'ring/raw/node-feat.csv.gz': '-0.057943,0.5\n1e-05,2\n3,4\n0.0,-7.25\n1,1\n',
  'ring/raw/node-label.csv.gz': '1\n0\n2\n0\n1\n',
  'ring/split/time/train.csv.gz': '0\n4\n',
  'ring/split/time/valid.csv.gz': '2\n',
  'ring/split/time/test.csv.gz': '3\n',
  'ring/mapping/labelidx2ringcategory.csv.gz': 'label idx,category\n0,first\n1,"second, last"\n',
  'ring/mapping/README.md': 'What the files are.',
};

/** The same ring, whose nodes have several labels, as those of ogbn-proteins. */
export const OGB_LABELS: typeof OGB = { ...OGB, 'ring/raw/node-label.csv.gz': '1,0,1\n0,0,0\n0,1,1\n1,0,0\n0,0,1\n' };

/** Its files as they lie in the archive. */
export const ogbEntries = (files: typeof OGB = OGB): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [name, name.endsWith('.gz') ? gzip(strToU8(text)) : strToU8(text)]),
  );

/** JSON node-link with attributes of every kind, beside the club that NetworkX wrote. */
export const attributes = (): NamedBytes => ({
  name: 'path.json',
  bytes: strToU8(
    JSON.stringify({
      directed: false,
      nodes: [
        { id: 'a', label: 'red', age: 3, vector: [0.5, 0], split: 'train', train_mask: true, name: 'Ann' },
        { id: 'b', label: 'blue', age: 0, vector: [0, 1.5], split: 'val', train_mask: false, seen: 1 },
        { id: 'c', label: 'red', age: -1, vector: [2, 3], split: 'test', train_mask: true },
        { id: 'd', label: null, age: 1, vector: [4, 5] },
      ],
      edges: [
        { source: 'a', target: 'b', weight: 2, colour: 'green' },
        { source: 'b', target: 'c' },
        { source: 'c', target: 'c', weight: 0.5 },
      ],
    }),
  ),
});

/** JSON node-link whose nodes have lists of labels. */
export const listed = (): NamedBytes => ({
  name: 'path.json',
  bytes: strToU8(
    JSON.stringify({
      nodes: [{ id: 1, labels: ['red', 'blue'] }, { id: 2, labels: [] }, { id: 3, labels: 'red' }, { id: 4 }],
      links: [
        { source: 1, target: 2 },
        { source: 3, target: 4 },
      ],
    }),
  ),
});

/** The layout of Wiki-CS, with two splits. */
export const wikiCs = (): NamedBytes => ({
  name: 'path.json',
  bytes: strToU8(
    JSON.stringify({
      features: [
        [0.5, 1],
        [0, -2],
        [3, 0.25],
      ],
      labels: [1, 0, 1],
      links: [[1, 2], [], [2, 0]],
      train_masks: [
        [true, false, false],
        [false, true, false],
      ],
      val_masks: [
        [false, true, false],
        [true, false, false],
      ],
      test_mask: [false, false, true],
    }),
  ),
});

const ids = [...Array(12).keys()];

/** The arrays of each layout of .npz, by the names that they have in the archive. */
export const NPZ: Readonly<Record<string, Record<string, Uint8Array>>> = {
  heterophilous: {
    'node_features.npy': npy(
      '<f4',
      [12, 3],
      ids.flatMap((v) => [v / 8, 0, v % 2]),
    ),
    'node_labels.npy': npy(
      '<i8',
      [12],
      ids.map((v) => v % 3),
    ),
    'edges.npy': npy(
      '<i8',
      [12, 2],
      ids.flatMap((v) => [v, (v + 1) % 12]),
    ),
    'train_masks.npy': npy(
      '|b1',
      [2, 12],
      [...ids, ...ids].map((v) => Number(v % 4 < 2)),
    ),
    'val_masks.npy': npy(
      '|b1',
      [2, 12],
      [...ids, ...ids].map((v) => Number(v % 4 === 2)),
    ),
    'test_masks.npy': npy(
      '|b1',
      [2, 12],
      [...ids, ...ids].map((v) => Number(v % 4 === 3)),
    ),
  },
  geometric: {
    'x.npy': npy(
      '<f4',
      [12, 3],
      ids.flatMap((v) => [v / 8, 0, v % 2]),
    ),
    'y.npy': npy(
      '<i8',
      [12],
      ids.map((v) => v % 3),
    ),
    'edge_index.npy': npy('<i8', [2, 12], [...ids, ...ids.map((v) => (v + 1) % 12)]),
    'train_mask.npy': npy(
      '|b1',
      [12],
      ids.map((v) => Number(v % 4 < 2)),
    ),
    'test_mask.npy': npy(
      '|b1',
      [12],
      ids.map((v) => Number(v % 4 > 1)),
    ),
  },
  labels: {
    'edge_index.npy': npy('<i8', [2, 12], [...ids, ...ids.map((v) => (v + 1) % 12)]),
    'y.npy': npy(
      '|b1',
      [12, 3],
      ids.flatMap((v) => [v % 2, Number(v % 3 === 0), Number(v > 7)]),
    ),
  },
  labelRows: {
    'edge_index.npy': npy('<i8', [2, 3], [0, 1, 2, 1, 2, 3]),
    'y_data.npy': npy('<f4', [5], [1, 1, 1, 0, 1]),
    'y_indices.npy': npy('<i4', [5], [2, 0, 1, 0, 2]),
    'y_indptr.npy': npy('<i4', [5], [0, 2, 3, 4, 5]),
    'y_shape.npy': npy('<i8', [2], [4, 3]),
  },
  edges: { 'edge_index.npy': npy('<i4', [2, 4], [0, 1, 2, 3, 1, 2, 3, 0]) },
  matrices: {
    'adj_data.npy': npy(
      '<f4',
      [12],
      ids.map(() => 1),
    ),
    'adj_indices.npy': npy(
      '<i4',
      [12],
      ids.map((v) => (v + 1) % 12),
    ),
    'adj_indptr.npy': npy('<i4', [13], [...ids, 12]),
    'adj_shape.npy': npy('<i8', [2], [12, 12]),
    'attr_data.npy': npy(
      '<f4',
      [12],
      ids.map((v) => v / 4),
    ),
    'attr_indices.npy': npy(
      '<i4',
      [12],
      ids.map((v) => v % 5),
    ),
    'attr_indptr.npy': npy('<i4', [13], [...ids, 12]),
    'attr_shape.npy': npy('<i8', [2], [12, 5]),
    'labels.npy': npy(
      '<i8',
      [12],
      ids.map((v) => v % 2),
    ),
    'class_names.npy': npy('|S1', [2], [97, 98]),
  },
};

/** An archive of these entries. */
export const zipped = (name: string, entries: Record<string, Uint8Array>): NamedBytes => ({
  name,
  bytes: zip(entries),
});

/** Edge lists and node tables as they are found: names or numbers, a header or none, any delimiter, weights, quotes. */
export const TABLES: Readonly<Record<string, NamedBytes[]>> = {
  named: [
    {
      name: 'edges.csv',
      bytes: strToU8('source,target,weight\r\n"Ann, A.",bob,1.5\r\nbob,"c ""d""",2\r\n"c ""d""",é,1e-3\r\né,bob,4\r\n'),
    },
    {
      name: 'nodes.csv',
      bytes: strToU8(
        'id,label,age,height,note,split\n"Ann, A.",red,3,0.5,x,train\nbob,blue,0,-2e2,y,val\n' +
          '"c ""d""",red,-1,7,z,test\né,,1,0,,none\n',
      ),
    },
  ],
  numbered: [
    {
      name: 'edges.tsv',
      bytes: strToU8(
        '# Nodes: 9 Edges: 10\n# FromNodeId\tToNodeId\n0\t1\n1\t2\n2\t3\n3\t4\n4\t5\n5\t6\n6\t7\n7\t8\n8\t0\n0\t4\n',
      ),
    },
  ],
  linqs: [
    { name: 'web.cites', bytes: strToU8('31336\t1061127\n1061127\t13195\n13195\t31336\n37879\t13195\n') },
    {
      name: 'web.content',
      bytes: strToU8(
        '31336\t0\t1\t0\tTheory\n1061127\t1\t0\t0\tRules\n13195\t0\t0\t1\tTheory\n37879\t0\t0\t0\tRules\n',
      ),
    },
  ],
  lists: [
    { name: 'edges.csv', bytes: strToU8('source,target\na,b\nb,c\nc,d\n') },
    { name: 'nodes.csv', bytes: strToU8('id,label,split\na,x;y,train\nb,y,test\nc,,val\nd,x,train\n') },
  ],
  blanks: [{ name: 'edges.txt', bytes: strToU8('a b 1\nb c 2.5\n  c  d 3\n\nd a 4\n') }],
};
