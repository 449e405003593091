import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { writeBundle } from './bundle.ts';
import type { NamedBytes } from './csv.ts';
import { openFiles, readGraphFiles } from './open.ts';

const text = (name: string, content: string): NamedBytes => ({ name, bytes: new TextEncoder().encode(content) });
const binary = (name: string, content: string): NamedBytes => ({
  name,
  bytes: Uint8Array.from(content, (c) => c.charCodeAt(0)),
});
const zip = (files: Record<string, Uint8Array>): NamedBytes => ({ name: 'graph.zip', bytes: zipSync(files) });
const testdata = new URL('testdata/', import.meta.url);
const gap = readdirSync(testdata)
  .filter((name) => name.startsWith('ind.gap.'))
  .map((name) => ({ name: `some/folder/${name}`, bytes: new Uint8Array(readFileSync(new URL(name, testdata))) }));
const edges = text('links.tsv', 'source\ttarget\n0\t1\n1\t2\n');
const nodes = text('people.csv', 'id,label\n0,a\n1,b\n2,a\n');

describe('what is recognised', () => {
  it('a Planetoid set, in folders and beside other files', () => {
    const files = [text('README.md', '# hello'), ...gap];
    expect(openFiles(files).view().what).toBe("Planetoid set 'gap' (8 files)");
    const graph = readGraphFiles(files);
    expect(graph).toMatchObject({ name: 'gap', nodes: 12 });
    expect(graph.notes.at(-1)).toBe('Not read: README.md.');
  });

  it('a bundle, packed or not', () => {
    const written = writeBundle({ ...readGraphFiles([edges, nodes]), name: 'mini' });
    for (const file of [
      { name: 'mini.safetensors', bytes: written },
      { name: 'C:\\data\\mini.safetensors.gz', bytes: gzipSync(written) },
    ]) {
      expect(readGraphFiles([file])).toMatchObject({ name: 'mini', nodes: 3, classNames: ['a', 'b'] });
      expect(openFiles([file]).view().what).toMatch(/^bundle 'mini\.safetensors(\.gz)?'$/);
    }
  });

  it('tables of names that begin like another kind of file', () => {
    expect(readGraphFiles([text('genes.csv', 'PAR1,PAR2\nPAR2,GIF8\n')]).nodes).toBe(3);
    expect(readGraphFiles([text('e.csv', 'cat,dog\n'), text('nodes.csv', 'cat\ndog\npig\n')]).nodes).toBe(3);
  });

  it('an edge list alone, packed or not', () => {
    expect(readGraphFiles([edges])).toMatchObject({ name: 'links', nodes: 3, labels: null });
    expect(readGraphFiles([{ name: 'links.tsv.gz', bytes: gzipSync(edges.bytes) }]).name).toBe('links');
  });

  it('whatever is in a zip archive, as if it had been given without', () => {
    const inside = Object.fromEntries(gap.map(({ name, bytes }) => [name, bytes]));
    const planetoid = zip({ ...inside, 'some/folder/': new Uint8Array(0), '__MACOSX/some/._ind.gap.x': edges.bytes });
    expect(openFiles([planetoid]).view().what).toBe("Planetoid set 'gap' (8 files)");
    const graph = readGraphFiles([planetoid, text('README.md', '# hello')]);
    expect(graph).toMatchObject({ name: 'gap', nodes: 12, notes: [...readGraphFiles(gap).notes, expect.anything()] });
    expect(graph.notes.at(-1)).toBe('Not read: ._ind.gap.x, README.md.');
    const tables = zip({ 'links.tsv.gz': gzipSync(edges.bytes), 'people.csv': nodes.bytes });
    expect(readGraphFiles([tables])).toMatchObject({ name: 'links', nodes: 3, classNames: ['a', 'b'] });
  });

  it.each([
    ['their headers', edges, nodes],
    ['one header', text('a.csv', '0,1\n1,2\n'), nodes],
    ['one header, of the edges', edges, text('b.csv', '0,a\n1,b\n2,a\n')],
    ['their names', text('x.cites', '0\t1\n1\t2\n'), text('x.content', '0\t1\ta\n1\t0\tb\n2\t1\ta\n')],
    [
      'headers against names',
      text('node-links.csv', 'src,dst\n0,1\n1,2\n'),
      text('edges.csv', 'id,label\n0,a\n1,b\n2,a\n'),
    ],
  ])('an edge list and a node table by %s, in any order', (_, edgeFile, nodeFile) => {
    for (const files of [
      [edgeFile, nodeFile],
      [nodeFile, edgeFile],
    ]) {
      const graph = readGraphFiles(files);
      expect(graph).toMatchObject({ nodes: 3, source: Uint32Array.of(0, 1), target: Uint32Array.of(1, 2) });
      expect(graph.labels).toEqual(Int32Array.of(0, 1, 0));
    }
  });
});

describe('what is refused', () => {
  it.each<[string, NamedBytes[], string]>([
    ['nothing', [], 'No file with a graph was given; Edgewise reads an edge list'],
    ['companions alone', [text('README.md', 'x')], 'No file with a graph'],
    ['an image', [binary('a.csv', '\x89PNG\r\n\x1a\n\0\0')], 'a.csv: is a PNG image, not a table; Edgewise reads'],
    ['a program', [binary('a.csv', '\x7fELF\x02\x01')], 'a.csv: is a program (ELF), not a table'],
    ['a workbook', [binary('data.xlsx', 'PK\x03\x04\0\0')], 'data.xlsx: is a zip archive'],
    ['a damaged archive', [binary('data.zip', 'PK\x03\x04\0\0')], 'data.zip: the zip archive is damaged'],
    ['an archive among others', [zip({ 'e.csv': edges.bytes }), nodes], 'graph.zip: is a zip archive'],
    ['an archive in an archive', [zip({ 'in.zip': zip({ 'e.csv': edges.bytes }).bytes })], 'in.zip: is a zip archive'],
    ['an archive of an image', [zip({ 'a/b.png': binary('', '\x89PNG\r\n\x1a\n').bytes })], 'b.png: is a PNG image'],
    ['an empty archive', [zip({ 'a/README.md': edges.bytes })], 'graph.zip: holds no file with a graph'],
    ['a damaged NumPy archive', [binary('data.npz', 'PK\x03\x04\0\0')], 'data.npz: the zip archive is damaged'],
    ['a NumPy archive among others', [binary('a.npz', 'PK'), edges], 'a.npz: a NumPy archive is a graph of its own'],
    ['a pickle', [gap[0]], "The Planetoid set 'gap' lacks"],
    ['a pickle by another name', [{ name: 'edges.csv', bytes: gap[0].bytes }], 'edges.csv: is a Python pickle'],
    ['a text pickle', [text('edges.csv', 'ccollections\ndefaultdict\np0\n')], 'edges.csv: is a Python pickle'],
    ['an HTML page', [text('edges.csv', '\n<!DOCTYPE html><p>404')], 'edges.csv: is an HTML page'],
    ['JSON by another name', [text('g.txt', '{"nodes": []}')], 'g.txt: is a JSON file'],
    ['other JSON', [text('g.json', '{"nodes": []}')], 'g.json: is no node-link graph'],
    ['JSON among others', [text('g.json', '{}'), edges], 'g.json: a JSON graph is a graph of its own'],
    ['GML', [text('g.gml', 'graph [\n  node [\n id 0 ]')], 'g.gml: is a GML file'],
    ['UTF-16', [binary('e.csv', '\xff\xfe0\0,\x001\0')], 'e.csv: is UTF-16 text'],
    ['other bytes', [binary('e.bin', '0,1\n\0\x01')], 'e.bin: byte 4 is no text'],
    ['bytes far behind', [binary('e.csv', `${'0,1\n'.repeat(2000)}\0`)], 'e.csv: byte 8000 is no text'],
    ['prose', [text('notes.txt', 'This is a letter.\nIt has no edges in it, I fear.\n')], 'notes.txt: line 2 has'],
    ['two Planetoid sets', [...gap, text('ind.cora.x', '')], 'Here are 2 Planetoid sets (cora, gap)'],
    ['a bundle among others', [text('a.safetensors', ''), edges], 'a.safetensors: a bundle is a graph of its own'],
    ['a damaged bundle', [text('a.safetensors', 'abc')], 'a.safetensors'],
    ['a node table alone', [nodes], 'people.csv: is a node table without edges'],
    ['two edge lists', [edges, { ...edges, name: 'b.csv' }], 'links.tsv and b.csv: which is the edge list'],
    ['three tables', [edges, nodes, text('c.csv', '1,2\n')], '3 files (links.tsv, people.csv, c.csv…) are no graph'],
    ['a damaged gzip file', [binary('e.csv.gz', '\x1f\x8b\x08\0\0\0\0\0')], 'e.csv.gz: the gzip data is damaged'],
  ])('%s', (_, files, message) => {
    expect(() => readGraphFiles(files)).toThrow(message);
    expect(() => readGraphFiles(files)).toThrow(InputError);
  });
});
