import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT } from './graphData.ts';
import { PLANETOID_PARTS, planetoidPart, readPlanetoid } from './planetoid.ts';

type Files = Map<string, Uint8Array>;

const testdata = new URL('testdata/', import.meta.url);
const gap = (): Files =>
  new Map(
    PLANETOID_PARTS.map((part) => [
      `ind.gap.${part}`,
      new Uint8Array(readFileSync(new URL(`ind.gap.${part}`, testdata))),
    ]),
  );
const text = (content: string) => new TextEncoder().encode(content);
const pickled = (program: string) => Uint8Array.from(program, (c) => c.charCodeAt(0));

const folder = process.env.EDGEWISE_DATA;
const cora = (): Files => {
  const at = `${folder}/planetoid-cora`;
  return new Map(readdirSync(at).map((name) => [name, new Uint8Array(readFileSync(`${at}/${name}`))]));
};

/** Unique undirected edges without self-loops, as low * nodes + high. */
function uniqueEdges({ nodes, source, target }: GraphData): Set<number> {
  const edges = new Set<number>();
  source.forEach((s, e) => {
    if (s !== target[e]) edges.add(Math.min(s, target[e]) * nodes + Math.max(s, target[e]));
  });
  return edges;
}

describe('a set with a gap among the test nodes', () => {
  const graph = readPlanetoid(gap(), 'gap');

  it('puts row i of tx at the node on line i of test.index and leaves the missing node empty', () => {
    // make.py gives node v the value v + 1 in column v % 5, 0.5 in column 5, and class v % 3.
    const dense = new Float32Array(12 * 6);
    const { features } = graph;
    if (features?.kind === 'sparse') {
      for (let v = 0; v < 12; v++) {
        for (let k = features.indptr[v]; k < features.indptr[v + 1]; k++) {
          dense[v * 6 + features.indices[k]] = features.values?.[k] ?? 1;
        }
      }
    } else dense.set(features?.values ?? []);
    for (let v = 0; v < 12; v++) {
      const expected = new Float32Array(6);
      if (v !== 9) {
        expected[v % 5] = v + 1;
        expected[5] = 0.5;
      }
      expect(dense.subarray(v * 6, v * 6 + 6), `node ${v}`).toEqual(expected);
    }
    expect([...(graph.labels ?? [])]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, -1, 1, 2]);
    expect(graph.notes).toEqual([expect.stringContaining('1 nodes of ind.gap.graph')]);
  });

  it('has the public split, with the validation nodes that there are', () => {
    const { train, validation, test, none } = SPLIT;
    const expected = [...Array(3).fill(train), ...Array(5).fill(validation), test, none, test, test];
    expect(graph.splits).toEqual([Uint8Array.from(expected)]);
  });

  it('has the edges as listed', () => {
    expect(graph.nodes).toBe(12);
    expect(graph.source.length).toBe(24); // both directions, and the duplicate of 0 - 1
    expect(uniqueEdges(graph).size).toBe(11);
    expect(graph.classNames).toEqual(['class 0', 'class 1', 'class 2']);
  });
});

describe('bad sets', () => {
  const withPart = (part: string, bytes: Uint8Array) => gap().set(`ind.gap.${part}`, bytes);
  const from = (part: string) => gap().get(`ind.gap.${part}`) as Uint8Array;

  it.each(PLANETOID_PARTS)('without %s', (part) => {
    const files = gap();
    files.delete(`ind.gap.${part}`);
    expect(() => readPlanetoid(files, 'gap')).toThrow(`The Planetoid set 'gap' lacks ind.gap.${part}; give all 8`);
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    ['labels of other nodes', 'ally', from('y'), /ind\.gap\.ally: has 3 labels for the 8 nodes of ind\.gap\.allx/],
    ['labels that are not one-hot', 'ally', from('allx'), /ind\.gap\.ally: row 0 is not one-hot/],
    ['features where the graph should be', 'graph', from('x'), /ind\.gap\.graph: holds no dictionary/],
    ['a graph where features should be', 'x', from('graph'), /ind\.gap\.x: a NumPy array is expected/],
    ['an image', 'tx', pickled('\x89PNG\r\n\x1a\n0000'), /ind\.gap\.tx: is a PNG image, not a Python pickle/],
    [
      'a neighbour out of range',
      'graph',
      pickled('(I0\n(I1\nlI1\n(I99\nld.'),
      /a neighbour of node 1 is 99, but its 2 nodes/,
    ],
    ['a negative neighbour', 'graph', pickled('(I0\n(I-1\nld.'), /a neighbour of node 0 is -1/],
    ['a node out of range', 'graph', pickled('(I5\n(ld.'), /a node is 5, but its 1 nodes are numbered 0 to 0/],
    ['a neighbour that is text', 'graph', pickled('(I0\n(Vx\nld.'), /is something else than a number/],
    [
      'one list used too often',
      'graph',
      pickled(`(${'I0\n'.repeat(40)}lp0\n0(${'I0\ng0\n'}I1\ng0\nI2\ng0\nI3\ng0\nI4\ng0\nI5\ng0\nI6\ng0\nd.`),
      /more neighbours than its bytes/,
    ],
    ['a graph that is too small', 'graph', pickled('(I0\n(ld.'), /holds 1 nodes, but allx and tx together have 11/],
    [
      'a test node out of range',
      'test.index',
      text('11\n8\n12\n'),
      /line 3 holds "12", but test nodes are distinct numbers from 8 to 11/,
    ],
    ['a test node that is a training node', 'test.index', text('11\n8\n2\n'), /line 3 holds "2"/],
    ['a test node twice', 'test.index', text('11\n8\n11\n'), /line 3 holds "11"/],
    ['a test node that is no number', 'test.index', text('11\n\neight\n'), /line 3 holds "eight"/],
    ['too few test nodes', 'test.index', text('11\n8\n'), /lists 2 nodes, but tx has 3 rows/],
    ['training labels of other nodes', 'y', from('ty'), /ind\.gap\.y: the label of row 0 is not that of the same row/],
  ])('with %s', (_, part, bytes, message) => {
    const read = () => readPlanetoid(withPart(part, bytes), 'gap');
    expect(read).toThrow(message);
    expect(read).toThrow(InputError);
  });

  it('with NaN among the features', () => {
    const bytes = from('allx');
    const at = bytes.findIndex(
      (_, i) => new DataView(bytes.buffer, bytes.byteOffset).getFloat32(Math.min(i, bytes.length - 4), true) === 0.5,
    );
    expect(at).toBeGreaterThan(0);
    // The data were written by Python 3 as text in UTF-8, so NaN's bytes are written the same way: c3 bf is 255.
    const nan = [...bytes.subarray(0, at), 0, 0, 0xc3, 0x80, 0x7f, ...bytes.subarray(at + 4)];
    const length = new TextDecoder('latin1').decode(bytes.subarray(0, at)).lastIndexOf('X');
    nan[length + 1]++; // one byte more
    expect(() => readPlanetoid(withPart('allx', Uint8Array.from(nan)), 'gap')).toThrow(
      /ind\.gap\.allx: row 0, column 5 holds NaN/,
    );
  });

  it('cut anywhere', () => {
    for (const part of ['allx', 'ty', 'graph']) {
      const bytes = from(part);
      for (let end = 0; end < bytes.length; end += 3) {
        expect(() => readPlanetoid(withPart(part, bytes.subarray(0, end)), 'gap'), `${part} ${end}`).toThrow(
          InputError,
        );
      }
    }
  });
});

describe('file names', () => {
  it('may have dots in the name of the set', () => {
    expect(planetoidPart('ind.nell.0.001.test.index')).toEqual({ name: 'nell.0.001', part: 'test.index' });
    expect(planetoidPart('trans.cora.x')).toBe(null);
    expect(planetoidPart('ind.cora.xx')).toBe(null);
  });
});

describe.skipIf(!folder)('Cora (skipped unless EDGEWISE_DATA names the folder with real data)', () => {
  it('has the published counts, and edges that mostly join equal labels', () => {
    const graph = readPlanetoid(cora(), 'cora');
    const edges = uniqueEdges(graph);
    expect(graph.nodes).toBe(2708);
    expect(edges.size).toBe(5278);
    expect(graph.features).toMatchObject({ kind: 'sparse', rows: 2708, cols: 1433, values: null });
    if (graph.features?.kind === 'sparse') expect(graph.features.indices.length).toBe(49_216);
    expect(graph.classNames.length).toBe(7);
    const labels = graph.labels ?? new Int32Array(0);
    expect(labels.every((label) => label >= 0 && label < 7)).toBe(true);
    const sizes = [SPLIT.none, SPLIT.train, SPLIT.validation, SPLIT.test].map(
      (code) => graph.splits[0].filter((c) => c === code).length,
    );
    expect(sizes).toEqual([1068, 140, 500, 1000]);
    // Edge homophily is 0.81 (Pei et al., Geom-GCN, 2020); rows of tx at the wrong nodes bring it below 0.6.
    let equal = 0;
    for (const edge of edges) equal += labels[Math.floor(edge / 2708)] === labels[edge % 2708] ? 1 : 0;
    expect(equal / edges.size).toBeCloseTo(0.81, 2);
    expect(graph.notes).toEqual([]);
  });

  it.each(['graph', 'x'])('with random damage to %s is read or refused, nothing else', (part) => {
    const files = cora();
    const name = `ind.cora.${part}`;
    const original = files.get(name) as Uint8Array;
    let state = 12345;
    const random = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      let bytes = original.slice();
      // Mostly near the front, where the structure is; the rest of x is plain numbers.
      for (let hits = 1 + random(4); hits > 0; hits--) {
        bytes[random(random(2) ? bytes.length : 1200)] = random(256);
      }
      if (random(4) === 0) bytes = bytes.slice(0, random(bytes.length));
      try {
        const graph = readPlanetoid(new Map(files).set(name, bytes), 'cora');
        for (const ids of [graph.source, graph.target]) expect(ids.every((id) => id < graph.nodes)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(30);
    expect(refused).toBeLessThan(150);
  });
});
