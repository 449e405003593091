import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { readCsvGraph } from './csv.ts';
import { readEdgeList } from './edgeList.ts';
import { readNodeTable } from './nodeTable.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const edges = (text: string) => readEdgeList(bytes(text), 'e.csv', null);
const nodes = (text: string) => readNodeTable(bytes(text), 'n.csv');
const graph = (edgeText: string, nodeText: string) =>
  readCsvGraph({ name: 'e.csv', bytes: bytes(edgeText) }, { name: 'n.csv', bytes: bytes(nodeText) });
const pairs = ({ source, target }: { source: Uint32Array; target: Uint32Array }) =>
  Array.from(source, (s, e) => [s, target[e]]);

describe('an edge list', () => {
  it.each([
    ['commas', '0,1\n1,2\n2,0\n'],
    ['tabs', '0\t1\n1\t2\n2\t0\n'],
    ['semicolons', '0;1\n1;2\n2;0\n'],
    ['single blanks', '0 1\n1 2\n2 0\n'],
    ['runs of blanks', '  0   1\n1 \t 2  \n 2 0'],
    ['commas and blanks', '0, 1\n1 , 2\n2,0'],
    ['CRLF', '0,1\r\n1,2\r\n2,0\r\n'],
    ['CR alone', '0,1\r1,2\r2,0'],
    ['a byte order mark', '\ufeff0,1\n1,2\n2,0\n'],
    ['comments and blank lines', '# Nodes: 3\n\n0,1\n   \n  # more, here\n1,2\n2,0\n\n'],
    ['quotes', '"0","1"\n"1",2\n2 ,"0" \n'],
    ['a known header', 'Source,Target\n0,1\n1,2\n2,0\n'],
    ['an unknown header', 'a;b\n0;1\n1;2\n2;0\n'],
    ['columns the other way round', 'to_id,from_id\n1,0\n2,1\n0,2\n'],
  ])('with %s', (_, text) => {
    const list = edges(text);
    expect(pairs(list)).toEqual([
      [0, 1],
      [1, 2],
      [2, 0],
    ]);
    expect(list).toMatchObject({ nodes: 3, weight: null, nodeIds: null });
  });

  it('takes integers that are nearly dense as node numbers and says how many are isolated', () => {
    expect(edges('0,5\n5,7\n')).toMatchObject({ nodes: 8, nodeIds: null, notes: [expect.stringContaining('5 ids')] });
  });

  it('that counts from 1 has no node 0', () => {
    const list = edges('1,2\n2,4\n');
    expect(pairs(list)).toEqual([
      [0, 1],
      [1, 3],
    ]);
    expect(list).toMatchObject({ nodes: 4, nodeIds: ['1', '2', '3', '4'] });
  });

  it('numbers everything else in order of first appearance', () => {
    const sparse = edges('4000000000,31336\n31336,99\n');
    expect(pairs(sparse)).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(sparse).toMatchObject({ nodes: 3, nodeIds: ['4000000000', '31336', '99'] });
    expect(edges('bob,alice\nalice,"O""Neill, Ann"\n').nodeIds).toEqual(['bob', 'alice', 'O"Neill, Ann']);
    expect(edges('7,07\n').nodeIds).toEqual(['7', '07']);
    expect(edges('a,__proto__\n__proto__,constructor\n').nodeIds).toEqual(['a', '__proto__', 'constructor']);
    expect(edges('x,"two\nlines"\nx,y\n').nodeIds).toEqual(['x', 'two\nlines', 'y']);
  });

  it('has a weight where the third column is a number or is named so', () => {
    const plain = edges('0 1 0.5\n1 2 -1e-3\n');
    expect(plain.weight).toEqual(Float32Array.of(0.5, -1e-3));
    expect(plain.notes).toEqual(['e.csv: column 3 is read as the weight of the edges.']);
    const named = edges('src,dst,year,w\n0,1,1999,2\n1,2,2000,3.25\n');
    expect(named.weight).toEqual(Float32Array.of(2, 3.25));
    expect(named.notes).toEqual(["e.csv: column 3 ('year') not used."]);
    expect(edges('src,dst,year\n0,1,1999\n').weight).toBe(null);
    expect(edges('0,1,likes\n1,2,knows\n').weight).toBe(null);
  });

  it('keeps duplicates and self-loops', () => {
    expect(pairs(edges('0,0\n0,1\n0,1\n1,0\n'))).toHaveLength(4);
  });

  it.each([
    ['0,1\n1\n', 'e.csv: line 2 has 1 column where the first row has 2'],
    ['0,1\n\n# x\n1,2,3\n', 'e.csv: line 4 has 3 columns where the first row has 2'],
    ['a,b\nb,\n', 'e.csv: line 2 has no id in column 2'],
    ['0,1,0.5\n1,2,nan\n', "e.csv: line 2, column 3 holds 'nan' where a finite weight"],
    ['source,target,weight\n0,1,1\n1,2,\n', "e.csv: line 3, column 3 ('weight') holds ''"],
    ['0,1,1\n1,2,1e39\n', "line 2, column 3 holds '1e39'"],
    ['source,target\n', 'e.csv: holds no edges'],
    ['# only a comment\n', 'e.csv: holds no rows'],
    ['', 'e.csv: is empty'],
    ['5\n6\n', 'e.csv: has only one column'],
    ['"a,b\n', 'e.csv: a quote is opened on line 1 and never closed'],
    ['a,"b"x\n', 'e.csv: line 1 has text after a closing quote'],
    ['0.25,0.5\n0.1,1\n', "e.csv: line 1 has '0.25' where the id of a node is expected"],
  ])('%j is refused', (text, message) => {
    expect(() => edges(text)).toThrow(message);
    expect(() => edges(text)).toThrow(InputError);
  });

  it('that is not UTF-8 is refused with its line', () => {
    const latin1 = Uint8Array.from('a,b\nb,M\xfcller\n', (c) => c.charCodeAt(0));
    expect(() => readEdgeList(latin1, 'e.csv', null)).toThrow('e.csv: line 2 is not UTF-8');
  });
});

describe('a node table', () => {
  it('knows its columns by name', () => {
    const table = nodes(
      'Node_ID,x,Class,comment,y2,Split\n' +
        'n1,1.5,cat,"a, b",0,train\n' +
        'n2,0,dog,,1,VAL\n' +
        'n3,-2,,c,0,test\n' +
        'n4,1e-2,ant,d,3,\n',
    );
    expect(table.nodeIds).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(table.classNames).toEqual(['ant', 'cat', 'dog']);
    expect(table.labels).toEqual(Int32Array.of(1, 2, -1, 0));
    expect(table.splits).toEqual([Uint8Array.of(1, 2, 3, 0)]);
    expect(table.features).toEqual({
      kind: 'dense',
      rows: 4,
      cols: 2,
      values: Float32Array.of(1.5, 0, 0, 1, -2, 0, 1e-2, 3),
    });
    expect(table.featureNames).toEqual(['x', 'y2']);
    expect(nodes('1,cat,3\n2,dog,4\n').featureNames).toBeNull();
    expect(table.notes).toEqual(["n.csv: column 4 ('comment') left out, text and no numbers."]);
  });

  it('keeps features sparse while at most a quarter is not zero', () => {
    const table = nodes('id,a,b,c,d\n0,0,0,1,0\n1,0,0,0,0\n2,1,0,0,1\n');
    expect(table.features).toEqual({
      kind: 'sparse',
      rows: 3,
      cols: 4,
      indptr: Uint32Array.of(0, 1, 1, 3),
      indices: Uint32Array.of(2, 0, 3),
      values: null,
    });
    expect(table.nodeIds).toBe(null);
  });

  it('sorts integer labels by value', () => {
    const table = nodes('id,label\n0,10\n1,9\n2,-1\n3,9.0\n');
    expect(table.classNames).toEqual(['-1', '9', '10']);
    expect(table.labels).toEqual(Int32Array.of(2, 1, 0, 1));
  });

  it('has several labels per node where its labels are lists', () => {
    const table = nodes('id,label\na,film;art\nb,art\nc,\nd,art; film;art\n');
    expect(table).toMatchObject({ labels: null, classNames: ['art', 'film'] });
    const rows = { indptr: Uint32Array.of(0, 2, 3, 3, 5), indices: Uint32Array.of(0, 1, 0, 0, 1) };
    expect(table.labelSets).toEqual({ kind: 'sparse', rows: 4, cols: 2, ...rows, values: null });
    expect(table.notes).toEqual(["n.csv: column 2 ('label') is read as lists of labels, separated by ; or |."]);
    const numbers = nodes('id,label\n0,10|9\n1,9\n2,10\n');
    expect(numbers).toMatchObject({ classNames: ['9', '10'], labelSets: { indices: Uint32Array.of(0, 1, 0, 1) } });
  });

  it('has names with such a sign in them where they are no lists, or so it is chosen', () => {
    const text = 'id,label\na,dogs|cats\nb,birds\nc,birds\n';
    expect(nodes(text)).toMatchObject({ classNames: ['birds', 'dogs|cats'], labelSets: null });
    const bytes = new TextEncoder().encode(text);
    const list = readNodeTable(bytes, 'n.csv', { columns: [{ column: 'label', role: 'labelList' }] });
    expect(list).toMatchObject({ classNames: ['birds', 'cats', 'dogs'], labels: null });
    expect(list.notes).toEqual([]);
    const listed = new TextEncoder().encode('id,label\na,x|y\nb,x\n');
    const plain = readNodeTable(listed, 'n.csv', { columns: [{ column: 1, role: 'label' }] });
    expect(plain).toMatchObject({ classNames: ['x', 'x|y'], labels: Int32Array.of(1, 0) });
  });

  it('has no labels where all are empty, and any number of splits', () => {
    const table = nodes('id,label,split0,split1\na,,train,none\nb,,test,validation\n');
    expect(table.labels).toBe(null);
    expect(table.splits).toEqual([Uint8Array.of(1, 3), Uint8Array.of(0, 2)]);
  });

  it('without a header is id, label, features; or id, features, label as in .content files', () => {
    expect(nodes('31336,Theory,0,1\n1061127,Rules,1,1\n')).toMatchObject({
      nodeIds: ['31336', '1061127'],
      classNames: ['Rules', 'Theory'],
      features: { kind: 'dense', cols: 2 },
    });
    expect(nodes('31336\t0\t1\tTheory\n1061127\t1\t1\tRules\n')).toMatchObject({
      classNames: ['Rules', 'Theory'],
      features: { kind: 'dense', cols: 2 },
    });
    expect(nodes('a\nb\n')).toMatchObject({ nodeIds: ['a', 'b'], labels: null, features: null });
  });

  it('without an id column is numbered by row', () => {
    expect(nodes('label,f\nx,1\ny,2\n')).toMatchObject({ nodeIds: null, ids: { count: 2 }, features: { cols: 1 } });
  });

  it.each([
    ['id,f\n1,2\n1,3\n', "n.csv: line 3 repeats the id '1'"],
    ['id,f\n1,2\n,3\n', 'n.csv: line 3 has no id'],
    ['id,f\n1,2\n2,NaN\n', "n.csv: line 3, column 2 ('f') holds 'NaN' where a finite number is expected"],
    ['id,f\n1,inf\n', "n.csv: line 2, column 2 ('f') holds 'inf'"],
    ['id,f\n1,2\n2,\n', "n.csv: line 3, column 2 ('f') is empty"],
    ['id,f\n1,2\n2,0x10\n', "holds '0x10'"],
    ['id,f\n1,2\n2,1e99\n', "holds '1e99'"],
    ['id,split\n1,train\n2,dev\n', "n.csv: line 3, column 2 ('split') holds 'dev'; write train, val, test"],
    ['id,label\n1,0.5\n2,0.25\n', "n.csv: column 2 ('label') holds the label '0.5'"],
    ['id,label\n', 'n.csv: holds no nodes'],
    ['id,label\n1,2,3\n', 'n.csv: line 2 has 3 columns where the first row has 2'],
  ])('%j is refused', (text, message) => {
    expect(() => nodes(text)).toThrow(message);
    expect(() => nodes(text)).toThrow(InputError);
  });
});

describe('both together', () => {
  it('number the nodes by the rows of the table', () => {
    const data = graph('from,to,weight\nc,a,2\na,b,3\n', 'id,label\nc,x\nb,\na,y\nlonely,x\n');
    expect(pairs(data)).toEqual([
      [0, 2],
      [2, 1],
    ]);
    expect(data).toMatchObject({
      name: 'e',
      nodes: 4,
      nodeIds: ['c', 'b', 'a', 'lonely'],
      weight: Float32Array.of(2, 3),
    });
    expect(data.labels).toEqual(Int32Array.of(0, -1, 1, 0));
  });

  it('may have no edges at all', () => {
    expect(graph('source,target\n', 'id,label\n0,a\n1,b\n')).toMatchObject({ nodes: 2, source: new Uint32Array(0) });
  });

  it.each([
    ['0,1\n1,2\n', 'id,label\n0,a\n1,b\n', "e.csv: line 2 names the node '2', which the node table lacks"],
    ['0,1\n1,x\n', 'id,label\n0,a\n1,b\n', "e.csv: line 2 names the node 'x'"],
    ['a,b\nb,c\n', 'id,label\na,1\nb,2\n', "e.csv: line 2 names the node 'c'"],
  ])('refuse an edge to a node that the table lacks', (edgeText, nodeText, message) => {
    expect(() => graph(edgeText, nodeText)).toThrow(message);
  });
});

describe('a large list', () => {
  it('of half a million edges is read whole', () => {
    const lines: string[] = [];
    for (let e = 0; e < 500_000; e++) lines.push(`${e % 50_000}\t${(e * 7919) % 50_000}`);
    const list = edges(lines.join('\n'));
    expect(list.nodes).toBe(50_000);
    expect(list.source.length).toBe(500_000);
    expect([list.source[123_456], list.target[123_456]]).toEqual([123_456 % 50_000, (123_456 * 7919) % 50_000]);
  });
});
