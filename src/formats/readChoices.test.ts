import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { NamedBytes } from './csv.ts';
import type { GraphData } from './graphData.ts';
import { openFiles, readGraphFiles } from './open.ts';
import type { ReadChoices, TableChoice } from './readChoices.ts';

const file = (name: string, content: string): NamedBytes => ({ name, bytes: new TextEncoder().encode(content) });
const chosen = (...tables: TableChoice[]): ReadChoices => ({ tables });
const roles = (files: readonly NamedBytes[], choices: ReadChoices = {}) =>
  openFiles(files)
    .view(choices)
    .tables.map(({ columns }) => columns.map(({ role }) => role));
const pairs = ({ source, target, nodeIds }: GraphData) =>
  Array.from(source, (s, e) => [nodeIds?.[s] ?? s, nodeIds?.[target[e]] ?? target[e]]);

const flights = file('flights.csv', 'day;plane;from;to;seats\nMon;A320;TXL;MUC;180\nTue;B737;MUC;HAM;150\n');
const links = file('links.tsv', 'a\tb\t0.5\nb\tc\t2\n');
const people = file('people.csv', 'team,age,name,set\nred,30,a,train\nblue,41,b,val\n,25,c,test\n');

describe('what is found', () => {
  it.each([
    ['named columns in any place', [flights], [['ignore', 'ignore', 'source', 'target', 'ignore']]],
    ['a third column of numbers', [links], [['source', 'target', 'weight']]],
    ['blanks', [file('e.txt', '# SNAP\n1 2\n2 3\n')], [['source', 'target']]],
    ['quotes', [file('e.csv', '"source","target","weight"\n"a, b","c","1"\n')], [['source', 'target', 'weight']]],
    [
      'a node table whose label comes after its numbers',
      [links, people],
      [
        ['source', 'target', 'weight'],
        ['ignore', 'feature', 'id', 'split'],
      ],
    ],
  ])('%s', (_, files, expected) => {
    expect(roles(files)).toEqual(expected);
  });

  it('is shown with the first values', () => {
    expect(openFiles([people, links]).view().tables).toMatchObject([
      { file: 'people.csv', kind: 'nodes', delimiter: 'comma', header: true },
      { file: 'links.tsv', kind: 'edges', delimiter: 'tab', header: false },
    ]);
    const [{ columns }] = openFiles([people, links]).view().tables;
    expect(columns[2]).toEqual({ name: 'name', role: 'id', sample: ['a', 'b', 'c'] });
  });

  it('has columns where the graph cannot be read', () => {
    const half = file('e.csv', 'source,target\na,b\nc\n');
    expect(() => readGraphFiles([half])).toThrow('line 3');
    expect(
      openFiles([half])
        .view()
        .tables[0].columns.map(({ sample }) => sample),
    ).toEqual([['a'], ['b']]);
    expect(openFiles([file('e.csv', 'a,"b\n')]).view({}).tables[0].columns).toEqual([]);
  });
});

describe('what is chosen', () => {
  it('is read, and what found role is taken away is ignored', () => {
    const choices = chosen({ file: 'flights.csv', columns: [{ column: 'plane', role: 'source' }] });
    expect(roles([flights], choices)).toEqual([['ignore', 'source', 'ignore', 'target', 'ignore']]);
    expect(pairs(readGraphFiles([flights], choices))).toEqual([
      ['A320', 'MUC'],
      ['B737', 'HAM'],
    ]);
    const weighted = readGraphFiles([flights], chosen({ columns: [{ column: 4, role: 'weight' }] }));
    expect(weighted.weight).toEqual(Float32Array.of(180, 150));
    const plain = readGraphFiles([links], chosen({ columns: [{ column: 2, role: 'ignore' }] }));
    expect(plain.weight).toBe(null);
  });

  it('of one end gives the other its place', () => {
    const turned = readGraphFiles([links], chosen({ columns: [{ column: 0, role: 'target' }] }));
    expect(pairs(turned)).toEqual([
      ['b', 'a'],
      ['c', 'b'],
    ]);
  });

  it('is the delimiter, or whether there is a header', () => {
    const blanks = file('e.csv', 'New York,Los Angeles\nLos Angeles,New York\n');
    expect(pairs(readGraphFiles([blanks]))).toHaveLength(2);
    expect(pairs(readGraphFiles([blanks], chosen({ header: true })))).toEqual([['Los Angeles', 'New York']]);
    expect(() => readGraphFiles([blanks], chosen({ delimiter: 'tab' }))).toThrow('has only one column');
    const semi = file('e.csv', 'a,1;b,2\nb,2;c,3\n');
    expect(pairs(readGraphFiles([semi], chosen({ delimiter: 'semicolon' })))).toEqual([
      ['a,1', 'b,2'],
      ['b,2', 'c,3'],
    ]);
    const numbers = file('e.csv', 'x,y\n0,1\n1,2\n');
    expect(() => readGraphFiles([numbers], chosen({ header: false }))).not.toThrow();
    expect(readGraphFiles([numbers], chosen({ header: false })).nodes).toBe(5);
    expect(readGraphFiles([file('e.csv', '7,8\n0,1\n1,2\n')], chosen({ header: true })).nodes).toBe(3);
  });

  it('makes labels, splits and features of a node table', () => {
    const columns = [{ column: 'team', role: 'label' } as const, { column: 1, role: 'ignore' } as const];
    const graph = readGraphFiles([links, people], chosen({ file: 'people.csv', columns }));
    expect(graph).toMatchObject({ classNames: ['blue', 'red'], features: null, nodeIds: ['a', 'b', 'c'] });
    expect(graph.labels).toEqual(Int32Array.of(1, 0, -1));
    expect(graph.splits).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(graph.notes).toContain("people.csv: column 2 ('age') left out, as chosen.");
    const byRow = chosen({ file: 'n.csv', columns: [{ column: 'id', role: 'ignore' }] });
    const rows = readGraphFiles([file('e.csv', 'source,target\n0,1\n'), file('n.csv', 'id,f\n7,1\n9,2\n')], byRow);
    expect(rows).toMatchObject({ nodes: 2, nodeIds: null, features: { cols: 1 } });
  });

  it('makes lists of labels, or a label of what looks like a list', () => {
    const genres = file('n.csv', 'id,genre,label\na,x|y,1\nb,y,2\nc,x,1\n');
    const asList = chosen({ file: 'n.csv', columns: [{ column: 'genre', role: 'labelList' }] });
    expect(roles([links, genres], asList)[1]).toEqual(['id', 'labelList', 'ignore']);
    expect(readGraphFiles([links, genres], asList)).toMatchObject({ classNames: ['x', 'y'], labelSets: { cols: 2 } });
    const listed = file('n.csv', 'id,label\na,x|y\nb,y\nc,x\n');
    expect(roles([links, listed])[1]).toEqual(['id', 'labelList']);
    const whole = chosen({ file: 'n.csv', columns: [{ column: 1, role: 'label' }] });
    expect(readGraphFiles([links, listed], whole)).toMatchObject({ classNames: ['x', 'x|y', 'y'], labelSets: null });
    const both = chosen(...(asList.tables ?? []), { file: 'n.csv', columns: [{ column: 2, role: 'label' }] });
    expect(() => readGraphFiles([links, genres], both)).toThrow('cannot both be the label');
  });

  it('says which of two tables is which', () => {
    const two = [file('one.csv', 'a,b\nb,c\n'), file('two.csv', 'a,red\nb,blue\nc,red\n')];
    expect(() => readGraphFiles(two)).toThrow('which is the edge list');
    expect(
      openFiles(two)
        .view()
        .tables.map(({ kind }) => kind),
    ).toEqual(['edges', 'nodes']);
    const classNames = ['blue', 'red'];
    expect(readGraphFiles(two, chosen({ file: 'one.csv', kind: 'edges' }))).toMatchObject({ name: 'one', classNames });
    // A role that only one kind of table has says it too.
    const byRole = chosen({ file: 'two.csv', columns: [{ column: 1, role: 'label' }] });
    expect(readGraphFiles(two, byRole)).toMatchObject({ name: 'one', classNames });
  });

  it.each([
    [
      chosen({ file: 'other.csv', header: true }),
      /"other.csv": is none of the tables whose columns can be chosen: flights.csv\.$/,
    ],
    [chosen({ columns: [{ column: 'via', role: 'source' }] }), /column "via" is not there; the columns are "day"/],
    [chosen({ columns: [{ column: 9, role: 'source' }] }), /column 10 is not there; the columns are 1 to 5\.$/],
    [
      chosen({ columns: [{ column: 0, role: 'source' }] }, { columns: [{ column: 1, role: 'source' }] }),
      /column 1 \('day'\) and column 2 \('plane'\) cannot both be the source/,
    ],
    [
      chosen({ kind: 'edges', columns: [{ column: 0, role: 'label' }] }),
      /column 1 of an edge list cannot be 'label'; use source, target, weight, ignore\.$/,
    ],
    [
      chosen({
        columns: [
          { column: 'from', role: 'ignore' },
          { column: 0, role: 'ignore' },
          { column: 1, role: 'ignore' },
          { column: 4, role: 'ignore' },
        ],
      }),
      /flights.csv: has no column for the source of an edge; choose one\.$/,
    ],
  ])('%j is refused', (choices, message) => {
    expect(() => readGraphFiles([flights], choices)).toThrow(message);
    expect(() => readGraphFiles([flights], choices)).toThrow(InputError);
  });

  it('is nothing that other formats have', () => {
    const json = file('g.json', '{"nodes":[{"id":1},{"id":2}],"links":[{"source":1,"target":2}]}');
    expect(() => readGraphFiles([json], chosen({ file: 'g.json', header: true }))).toThrow('A JSON graph is no table');
    expect(() => readGraphFiles([flights], { matNames: { network: 'W' } })).toThrow('of a MATLAB file only');
  });
});
