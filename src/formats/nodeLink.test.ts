import { readFileSync } from 'node:fs';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readBundle } from './bundle.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT } from './graphData.ts';
import { gunzip } from './gzip.ts';
import { readNodeLink } from './nodeLink.ts';
import { openFiles, readGraphFiles } from './open.ts';

const file = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
/** Written by NetworkX: testdata/make.py. */
const karate = file('testdata/karate.json');
const text = (json: unknown) => new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json));
const read = (json: unknown) => readNodeLink(text(json), 'g.json');

/** Unique undirected edges. */
const edgesOf = ({ source, target }: GraphData) =>
  new Set(Array.from(source, (s, e) => `${Math.min(s, target[e])}-${Math.max(s, target[e])}`));

const path = {
  directed: false,
  nodes: [
    { id: 'a', label: 'red', age: 3, vector: [0.5, 0], split: 'train', name: 'Ann' },
    { id: 'b', label: 'blue', age: 0, vector: [0, 1.5], split: 'val', seen: 1 },
    { id: 'c', label: 'red', age: -1, vector: [2, 3], split: 'test' },
    { id: 'd', label: null, age: 1, vector: [4, 5] },
  ],
  edges: [
    { source: 'a', target: 'b', weight: 2, colour: 'green' },
    { source: 'b', target: 'c' },
    { source: 'c', target: 'c', weight: 0.5 },
  ],
};
const nodes = (...attributes: object[]) => attributes.map((fields, id) => ({ id, ...fields }));
const links = [{ source: 0, target: 1 }];

describe('JSON node-link', () => {
  test("of NetworkX: Zachary's karate club, packed or not", () => {
    const plain = { name: 'x/karate.json', bytes: karate };
    expect(openFiles([plain]).view().what).toBe("JSON graph 'karate.json'");
    for (const given of [
      plain,
      { name: 'karate.json.gz', bytes: gzipSync(karate) },
      { name: 'karate.zip', bytes: zipSync({ 'karate.json': karate }) },
    ]) {
      const graph = readGraphFiles([given]);
      expect(graph).toMatchObject({ name: 'karate', nodes: 34, features: null, splits: [], nodeIds: null });
      expect(graph.classNames).toEqual(['Mr. Hi', 'Officer']);
      // Two of the weights that Zachary counted: 0 and 1 met in four contexts, 32 and 33 in five.
      const weightOf = (a: number, b: number) =>
        graph.weight?.[graph.source.findIndex((s, e) => s === a && graph.target[e] === b)];
      expect([weightOf(0, 1), weightOf(32, 33)]).toEqual([4, 5]);
      expect([graph.labels?.[0], graph.labels?.[8], graph.labels?.[9], graph.labels?.[33]]).toEqual([0, 0, 1, 1]);
      const embedded = readBundle(gunzip(file('../../datasets/karate.safetensors.gz'), 'karate'), 'karate');
      expect(graph.source.length).toBe(78);
      expect(edgesOf(graph)).toEqual(edgesOf(embedded));
      expect(graph.notes).toEqual([
        expect.stringMatching(/^karate\.json(\.gz)?: 'club' is read as the label of the nodes\.$/),
      ]);
    }
  });

  test('with attributes of every kind', () => {
    const graph = read(path);
    expect(graph).toMatchObject({ nodes: 4, nodeIds: ['a', 'b', 'c', 'd'], classNames: ['blue', 'red'] });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0, 1, 2), Uint32Array.of(1, 2, 2)]);
    expect(graph.weight).toEqual(Float32Array.of(2, 1, 0.5));
    expect(graph.labels).toEqual(Int32Array.of(1, 0, 1, -1));
    const values = Float32Array.of(3, 0.5, 0, 0, 0, 1.5, -1, 2, 3, 1, 4, 5);
    expect(graph.features).toEqual({ kind: 'dense', rows: 4, cols: 3, values });
    expect(graph.featureNames).toEqual(['age', 'vector[0]', 'vector[1]']);
    expect(graph.splits).toEqual([Uint8Array.of(SPLIT.train, SPLIT.validation, SPLIT.test, SPLIT.none)]);
    expect(graph.notes).toEqual([
      "g.json: 'label' is read as the label of the nodes.",
      "g.json: left out of the nodes: 'name', 'seen'.",
      "g.json: 1 edges without 'weight' weigh 1.",
      "g.json: left out of edges: 'colour'.",
    ]);
  });

  test('with lists of labels, or a mark for each class', () => {
    const listed = nodes({ labels: ['b', 'a'] }, { labels: [] }, { labels: 'b' }, { labels: ['a', 'b', 'a'] }, {});
    const graph = read({ nodes: listed, links });
    expect(graph).toMatchObject({ labels: null, classNames: ['a', 'b'], features: null });
    expect(graph.labelSets).toMatchObject({
      ...{ rows: 5, cols: 2, indptr: Uint32Array.of(0, 2, 2, 3, 5, 5), indices: Uint32Array.of(0, 1, 1, 0, 1) },
    });
    const marked = read({ nodes: nodes({ y: [0, 1, 1] }, { y: [0, 0, 0] }, { y: [0, 1, 0] }), links });
    expect(marked).toMatchObject({ labels: null, classNames: ['class 0', 'class 1', 'class 2'] });
    expect(marked.labelSets).toMatchObject({ indptr: Uint32Array.of(0, 2, 2, 3), indices: Uint32Array.of(1, 2, 1) });
  });

  test('with masks, of which one may be missing', () => {
    const marked = nodes({ train_mask: true, test: 0 }, { train_mask: false, test: 1 }, {});
    expect(read({ nodes: marked, links }).splits).toEqual([Uint8Array.of(SPLIT.train, SPLIT.test, SPLIT.none)]);
  });

  test('has as its label the first attribute of which some nodes have the same', () => {
    const named = nodes({ label: 'Ann', group: 2 }, { label: 'Bob', group: 10 }, { label: 'Cy', group: 2 });
    const graph = read({ nodes: named, links });
    expect(graph).toMatchObject({ classNames: ['2', '10'], labels: Int32Array.of(0, 1, 0), features: null });
    expect(graph.notes).toEqual([
      "g.json: 'group' is read as the label of the nodes.",
      "g.json: left out of the nodes: 'label'.",
    ]);
  });

  test('of D3 has ends by position, and the place in the drawing is no feature', () => {
    const drawn = [
      { name: 'Myriel', group: 1, x: 0.5, y: 1, vx: 0, index: 0 },
      { name: 'Napoleon', group: 1, x: 3, y: 1, vx: 0, index: 1 },
    ];
    const graph = read({ nodes: drawn, links: [{ source: 1, target: 0, value: 8 }] });
    expect(graph).toMatchObject({ nodeIds: ['Myriel', 'Napoleon'], features: null, classNames: ['1'] });
    expect([graph.source, graph.target, graph.weight]).toEqual([
      Uint32Array.of(1),
      Uint32Array.of(0),
      Float32Array.of(8),
    ]);
    expect(graph.notes).toContain("g.json: 'value' is read as the weight of links.");
    expect(graph.notes).toContain('g.json: the ends of links are read as positions in the list of nodes.');
    expect(read({ nodes: [{}, {}, {}], links: [{ source: 2, target: 0 }] })).toMatchObject({ nodes: 3, nodeIds: null });
  });

  test.each<[string, object[], object, string[] | null]>([
    ['text', [{ id: 'b' }, { id: 'a' }], { source: 'b', target: 'a' }, ['b', 'a']],
    ['integers', [{ id: 7 }, { id: 9 }], { source: 7, target: 9 }, ['7', '9']],
    ['positions', [{ id: 0 }, { id: 1 }], { source: 0, target: 1 }, null],
    ['tuples', [{ id: [0, 1] }, { id: ['a', [2]] }], { source: [0, 1], target: ['a', [2]] }, ['(0, 1)', '(a, (2))']],
    ['names', [{ name: 'b' }, { name: 'a' }], { source: 'b', target: 'a' }, ['b', 'a']],
    ['text, with ends by position', [{ id: 'b' }, { id: 'a' }], { source: 0, target: 1 }, ['b', 'a']],
    [
      'names of the language',
      [{ id: '__proto__' }, { id: 'constructor' }],
      { source: '__proto__', target: 'constructor' },
      ['__proto__', 'constructor'],
    ],
  ])('may have ids that are %s', (_, list, link, nodeIds) => {
    const graph = read({ nodes: list, links: [link] });
    expect([graph.source, graph.target]).toEqual([Uint32Array.of(0), Uint32Array.of(1)]);
    expect(graph.nodeIds).toEqual(nodeIds);
  });

  test.each<[string, unknown, string]>([
    ['half a file', '{"nodes": [', 'g.json: is no valid JSON ('],
    ['NaN', '{"nodes": [{"id": NaN}]}', 'save it again, without NaN or Infinity.'],
    ['an HTML page', '<!DOCTYPE html><p>404', 'g.json: is an HTML page, not JSON; give another file.'],
    ['a million brackets', '['.repeat(1e6), 'g.json: byte 64 opens more than 64 brackets'],
    ['a million objects', `${'{"a":'.repeat(1e6)}1`, 'g.json: byte 320 opens more than 64 brackets'],
    ['a list', [1, 2], 'g.json: is no node-link graph; write "nodes" and "links"'],
    ['a number', '7', 'g.json: is no node-link graph'],
    ['nodes without links', { nodes: [{ id: 1 }] }, 'g.json: is no node-link graph'],
    ['no nodes', { nodes: [], links }, 'g.json: holds no nodes; check'],
    ['no links', { nodes: nodes({}), links: [] }, 'g.json: holds no links; check'],
    ['nodes that are text', { nodes: ['a', 'b'], links }, 'g.json: nodes[0] is no object'],
    ['links that are pairs', { nodes: nodes({}, {}), edges: [[0, 1]] }, 'g.json: edges[0] is no object'],
    ['a node without id', { nodes: [{ id: 1 }, {}], links }, 'g.json: nodes[1] has no id; give each node one'],
    ['ids beyond 2^53', '{"nodes": [{"id": 12345678901234567890}], "links": [{}]}', 'g.json: nodes[0] has no id'],
    ['an id twice', { nodes: [{ id: 1 }, { id: '1' }], links }, "g.json: nodes[1] repeats the id '1'"],
    [
      'an unknown end',
      { nodes: nodes({}, {}), links: [...links, { source: 1, target: 'x' }] },
      "g.json: links[1] names the node 'x' as its target; write the id of one of the nodes.",
    ],
    ['no end', { nodes: nodes({}), links: [{ source: 0 }] }, 'g.json: links[0] names no node as its target'],
    [
      'an end that is a node',
      { nodes: nodes({}), links: [{ source: { id: 0 } }] },
      'names something else than a node as its source',
    ],
    [
      'a position that is not there',
      { nodes: [{}, {}], links: [{ source: 0, target: 2 }] },
      "links[0] names the node '2' as its target; write a position from 0 to 1.",
    ],
    [
      'a weight of text',
      { nodes: nodes({}, {}), links: [{ ...links[0], weight: '1' }] },
      "links[0] has a 'weight' that is no finite",
    ],
    [
      'a weight beyond floats',
      '{"nodes":[{"id":0}],"links":[{"source":0,"target":0,"weight":1e99}]}',
      "has a 'weight' that is no finite",
    ],
    ['classes in between', { nodes: nodes({ y: 0.5 }, { y: 0.5 }), links }, "a node has the label '0.5' as its 'y'"],
    [
      'classes of classes',
      { nodes: nodes({ y: 1 }, { y: 1 }, { y: [[1]] }), links },
      "nodes[2] has more than labels in its 'y'; give a label or a list of labels.",
    ],
    ['an unknown part', { nodes: nodes({ split: 'dev' }, {}), links }, "nodes[0] has an unknown 'split'; write"],
    ['a mask of text', { nodes: nodes({ test_mask: 'yes' }, {}), links }, "nodes[0] has a 'test_mask' that is neither"],
    [
      'a node in two parts',
      { nodes: nodes({ train: true, val: true }, {}), links },
      'nodes[0] is in train and val; mark',
    ],
  ])('with %s is refused', (_, json, message) => {
    expect(() => read(json)).toThrow(message);
    expect(() => read(json)).toThrow(InputError);
  });

  test('that is not UTF-8, or too large, is refused', () => {
    const latin1 = Uint8Array.from('{"nodes": "é"}', (c) => c.charCodeAt(0));
    expect(() => readNodeLink(latin1, 'g.json')).toThrow('g.json: is not UTF-8; save the file in that encoding.');
    const large = new Uint8Array(2 ** 27 + 1);
    expect(() => readNodeLink(large, 'g.json')).toThrow('g.json: 134217729 bytes of JSON are more than 134217728');
    expect(() => readNodeLink(gzipSync(large, { level: 1 }), 'g.json.gz')).toThrow(
      'unpacks to more than 134217728 bytes',
    );
  });
});
