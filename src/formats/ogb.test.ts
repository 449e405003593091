import { gzipSync, strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { SPLIT } from './graphData.ts';
import { readOgb } from './ogb.ts';
import { openFiles, readGraphFiles } from './open.ts';

type Files = Readonly<Record<string, string>>;

/** The layout of arxiv.zip, as ogb/nodeproppred/dataset.py and ogb/io/read_graph_raw.py read it. */
const arxiv: Files = {
  'arxiv/raw/num-node-list.csv.gz': '5\n',
  'arxiv/raw/num-edge-list.csv.gz': '4\n',
  'arxiv/raw/edge.csv.gz': '0,1\n1,2\n4,3\n3,3\n',
  'arxiv/raw/node-feat.csv.gz': '-0.057943,0.5\n1e-05,2\n3,4\n0.0,-7.25\n1,1\n',
  'arxiv/raw/node-label.csv.gz': '1\n0\n2\n0\n1\n',
  'arxiv/raw/node_year.csv.gz': '2013\n2015\n2014\n2014\n2014\n',
  'arxiv/split/time/train.csv.gz': '0\n4\n',
  'arxiv/split/time/valid.csv.gz': '2\n',
  'arxiv/split/time/test.csv.gz': '3\n',
  'arxiv/mapping/labelidx2arxivcategeory.csv.gz':
    'label idx,arxiv category\n0,arxiv cs na\n1,"arxiv cs mm, old"\n7,x\n',
  'arxiv/mapping/README.md': 'What the files are.',
  'arxiv/RELEASE_v1.txt': '',
};
const archive = (files: Files) =>
  zipSync(
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [
        name,
        name.endsWith('.gz') ? gzipSync(strToU8(text)) : strToU8(text),
      ]),
    ),
  );
const read = (files: Files) => readOgb(archive(files), 'arxiv.zip');
const without = (path: string): Files => Object.fromEntries(Object.entries(arxiv).filter(([name]) => name !== path));
const raw = (table: string, text: string): Files => ({ ...arxiv, [`arxiv/raw/${table}.csv.gz`]: text });

describe("OGB's archives", () => {
  test('are read as their site offers them', () => {
    const file = { name: 'downloads/arxiv.zip', bytes: archive(arxiv) };
    expect(openFiles([file]).view().what).toBe("OGB archive 'arxiv.zip'");
    const graph = readGraphFiles([file]);
    expect(graph).toMatchObject({ name: 'arxiv', nodes: 5, weight: null, nodeIds: null });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0, 1, 4, 3), Uint32Array.of(1, 2, 3, 3)]);
    const values = Float32Array.of(-0.057943, 0.5, 1e-5, 2, 3, 4, 0, -7.25, 1, 1);
    expect(graph.features).toEqual({ kind: 'dense', rows: 5, cols: 2, values });
    expect(graph.labels).toEqual(Int32Array.of(1, 0, 2, 0, 1));
    expect(graph.classNames).toEqual(['arxiv cs na', 'arxiv cs mm, old', 'class 2']);
    const { train, validation, test: tested, none } = SPLIT;
    expect(graph.splits).toEqual([Uint8Array.of(train, none, validation, tested, train)]);
    expect(graph.notes).toEqual(["Not read: arxiv.zip, 'raw/node_year'."]);
  });

  test('need no more than edges and counts, and may be neither packed nor in a folder', () => {
    const files = { 'raw/num-node-list.csv': '3', 'raw/num-edge-list.csv': '1', 'raw/edge.csv': '0,2' };
    const bare = { features: null, labels: null, classNames: [], splits: [], notes: [] };
    expect(read(files)).toMatchObject({ name: 'arxiv', nodes: 3, ...bare });
  });

  test('may have nodes without a label, several splits and sparse features', () => {
    const graph = read({
      ...raw('node-label', 'nan\n0.0\n-1\n1.0\n\nnan\n'),
      'arxiv/raw/node-feat.csv.gz': '0,0,0,0,1\n0,0,0,0,0\n0,0,0,0,0\n0,2,0,0,0\n0,0,0,0,0\n',
      'arxiv/split/other/train.csv.gz': '1\n',
    });
    expect(graph.labels).toEqual(Int32Array.of(-1, 0, -1, 1, -1));
    expect(graph.splits.length).toBe(2);
    expect(graph.splits[0]).toEqual(Uint8Array.of(0, SPLIT.train, 0, 0, 0));
    expect(graph.features).toMatchObject({ kind: 'sparse', cols: 5, indices: Uint32Array.of(4, 1) });
  });

  test('may have several labels per node, as those of ogbn-proteins', () => {
    const graph = read(raw('node-label', '0,1\n1,1\n0,0\n1.0,0\n0,1\n'));
    expect(graph).toMatchObject({ labels: null, classNames: ['arxiv cs na', 'arxiv cs mm, old'] });
    const rows = { indptr: Uint32Array.of(0, 1, 3, 3, 4, 5), indices: Uint32Array.of(1, 0, 1, 0, 1) };
    expect(graph.labelSets).toEqual({ kind: 'sparse', rows: 5, cols: 2, ...rows, values: null });
  });

  test.each<[string, Files, string]>([
    ['no counts', without('arxiv/raw/num-node-list.csv.gz'), 'arxiv.zip, raw/num-node-list: is missing'],
    ['two graphs', { ...arxiv, 'b/raw/edge.csv.gz': '0,1' }, 'arxiv.zip: holds 2 graphs'],
    ['many graphs in one', raw('num-node-list', '5\n3\n'), 'raw/num-node-list: speaks of 2 graphs'],
    ['no nodes', raw('num-node-list', '0\n'), 'raw/num-node-list: speaks of an empty graph'],
    [
      'nodes of which nothing is known',
      { 'raw/num-node-list.csv': '67108864', 'raw/num-edge-list.csv': '1', 'raw/edge.csv': '0,2' },
      'raw/num-node-list: speaks of 67108864 nodes, of which 1 edges are all that is known',
    ],
    ['nodes beyond all memory', raw('num-node-list', '999999999\n'), "holds '999999999' where a number up to 67108864"],
    [
      'nodes of several kinds',
      { 'mag/raw/triplet-type-list.csv.gz': 'a,b,c' },
      'arxiv.zip: has nodes of several kinds',
    ],
    ['fewer edges', raw('edge', '0,1\n'), 'arxiv.zip, raw/edge: has the shape 1 × 2, not 4 × 2'],
    ['more edges', raw('edge', '0,1\n'.repeat(9)), 'arxiv.zip, raw/edge: line 5 is one too many'],
    ['edges of three', raw('edge', '0,1,2\n'.repeat(4)), 'arxiv.zip, raw/edge: has the shape 4 × 3, not 4 × 2'],
    [
      'a node that is not there',
      raw('edge', '0,1\n1,5\n'),
      "arxiv.zip, raw/edge: line 2 holds '5' where a node from 0",
    ],
    ['half a node', raw('edge', '0,1\n1,0.5\n'), "arxiv.zip, raw/edge: line 2 holds '0.5'"],
    ['features of other nodes', raw('node-feat', '1,2\n'), 'raw/node-feat: has the shape 1 × 2, not 5 × k'],
    ['features that are not finite', raw('node-feat', '1\ninf\n'), "raw/node-feat: line 2 holds 'inf'"],
    ['labels that are no classes', raw('node-label', '1\n0.5\n'), "raw/node-label: line 2 holds '0.5'"],
    [
      'labels that are neither there nor not',
      raw('node-label', '0,1\n0,nan\n0,0\n0,0\n0,0\n'),
      'raw/node-label: row 1, column 1 holds -1; mark the classes of a node by 1, else 0.',
    ],
    [
      'a node in two parts',
      { ...arxiv, 'arxiv/split/time/test.csv.gz': '3\n4\n' },
      "arxiv.zip, split/time/test: node 4 is in the split 'time' twice",
    ],
    [
      'class names without numbers',
      { ...arxiv, 'arxiv/mapping/labelidx2arxivcategeory.csv.gz': 'a\nb\n' },
      'has one column; give the number and the name of each class',
    ],
  ])('with %s are refused', (_, files, message) => {
    expect(() => read(files)).toThrow(message);
    expect(() => read(files)).toThrow(InputError);
  });
});
