import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { openFiles } from '../formats/open.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import { understand } from './understand.ts';

const file = (name: string, content: string) => ({ name, bytes: new TextEncoder().encode(content) });
const read = (files: Parameters<typeof openFiles>[0], choices: ReadChoices = {}) =>
  understand(openFiles(files), choices);
const edges = file('e.csv', 'a,b,2\nb,a,2\na,a,1\nb,c,1\nb,c,3\n');
const nodes = file('n.csv', 'id,label,f,split\na,x,1,train\nb,,0,test\nc,y,2,val\nd,x,1,none\n');

describe('what is understood', () => {
  test('counts what a graph has, and what of the files it lacks', () => {
    const { understood, graph } = read([edges, nodes]);
    expect(understood).toMatchObject({
      what: "edge list 'e.csv' with node table 'n.csv'",
      correctable: true,
      error: null,
      graph: {
        name: 'e',
        nodes: 4,
        named: true,
        listed: 5,
        dropped: { loops: 1, duplicates: 1 },
        edges: 2,
        directed: false,
        weighted: true,
        features: { kind: 'dense', count: 1 },
        classes: 2,
        unlabelled: 1,
        labelsPerNode: null,
        splits: [{ train: 1, validation: 1, test: 0 }],
      },
    });
    expect(understood.graph?.notes).toContain('1 unlabelled node left out of split 0 of e.');
    expect(graph?.edges).toBe(2);
  });

  test('counts several labels of a node', () => {
    const listed = file('n.csv', 'id,label\na,x;y\nb,\nc,y\nd,x\n');
    expect(read([edges, listed]).understood.graph).toMatchObject({
      ...{ classes: 2, unlabelled: 1, labelsPerNode: 4 / 3 },
    });
  });

  test('keeps directions where they are asked for', () => {
    const oneWay = read([edges], { directed: true });
    expect(oneWay.understood.graph).toMatchObject({ directed: true, named: true, features: null, splits: [] });
    expect(oneWay.graph?.adjacency.indptr.at(-1)).toBe(3);
  });

  test('keeps self-loops where they are asked for', () => {
    const { understood, graph } = read([edges], { selfLoops: 'keep' });
    expect(understood.graph).toMatchObject({ listed: 5, dropped: { loops: 0, duplicates: 1 }, edges: 3 });
    expect(graph?.adjacency.indptr.at(-1)).toBe(5);
  });

  test('is an error beside the table where the table can be read otherwise, and thrown where nothing can', () => {
    const half = file('e.csv', 'a,b\nc\n');
    expect(read([half])).toMatchObject({
      graph: null,
      understood: { graph: null, error: expect.stringContaining('e.csv: line 2'), tables: [{ columns: [{}, {}] }] },
    });
    expect(() => read([file('g.json', '{"nodes":[]}')])).toThrow(InputError);
    expect(() => read([file('e.csv', '')])).toThrow('e.csv: is empty');
  });
});
