import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBundle } from '../src/formats/bundle.ts';
import type { Catalogue, CatalogueEntry } from '../src/formats/catalogue.ts';
import { SPLIT } from '../src/formats/graphData.ts';
import { gunzip } from '../src/formats/gzip.ts';
import type { CsrMatrix } from '../src/formats/matrix.ts';
import { readSafetensors } from '../src/formats/safetensors.ts';
import { isCatalogueId } from '../src/run/linkNames.ts';
import { debianGraph, debianSmallGraph } from './debianGraph.ts';
import { karateGraph } from './karate.ts';
import { bundleOf, pack, unpackIndex } from './pack.ts';
import { namesSection, tokenize } from './words.ts';

const FOLDER = import.meta.dirname;
const catalogue: Catalogue = JSON.parse(readFileSync(join(FOLDER, 'catalogue.json'), 'utf8'));
const entry = (id: string) => catalogue.find((item) => item.id === id) as CatalogueEntry;
const bytesOf = (id: string) => new Uint8Array(readFileSync(join(FOLDER, entry(id).files[0].path as string)));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const load = (id: string) => readBundle(gunzip(bytesOf(id), id), id);

/** The sections of Debian 12 main, as the index has them. */
const SECTIONS = `admin cli-mono comm database debug devel doc editors education electronics embedded fonts games gnome
  gnu-r gnustep golang graphics hamradio haskell httpd interpreters introspection java javascript kde kernel libdevel libs
  lisp localization mail math metapackages misc net news ocaml oldlibs otherosfs perl php python ruby rust science shells
  sound tasks tex text utils vcs video web x11 xfce zope`.split(/\s+/);

function degrees({ nodes, source, target }: { nodes: number; source: Uint32Array; target: Uint32Array }): Uint32Array {
  const degree = new Uint32Array(nodes);
  for (const v of source) degree[v]++;
  for (const v of target) degree[v]++;
  return degree;
}

const counts = (codes: ArrayLike<number>, kinds: number) =>
  Array.from({ length: kinds }, (_, kind) => Array.from(codes).filter((code) => code === kind).length);

describe.each(['debian', 'debian-small', 'karate'])('%s', (id) => {
  const data = load(id);
  const degree = degrees(data);

  test('is the file and has the figures that the catalogue names', () => {
    const { files, nodes, edges, features, classes } = entry(id);
    expect(files).toEqual([{ path: `${id}.safetensors.gz`, bytes: bytesOf(id).length, sha256: sha256(bytesOf(id)) }]);
    expect([data.name, data.nodes, data.source.length]).toEqual([id, nodes, edges]);
    expect([data.features?.cols ?? 0, data.classNames.length]).toEqual([features, classes]);
    expect(data.source.every((v, e) => v < data.target[e])).toBe(true);
    expect(new Set(data.nodeIds).size).toBe(nodes);
  });

  test('says where it comes from and whose it is', () => {
    const { metadata } = readSafetensors(gunzip(bytesOf(id), id), id);
    const { licence, source } = entry(id);
    expect(metadata.get('licence')).toBe(licence);
    expect(metadata.get('source_sha256')).toBe(source?.sha256);
    expect(metadata.get('source_released')).toBe(source?.released);
  });

  test('every class is trained, validated and tested', () => {
    expect(data.splits.length).toBe(1);
    for (let label = 0; label < data.classNames.length; label++) {
      const own = data.splits[0].filter((_, v) => data.labels?.[v] === label);
      expect(counts(own, 4)[SPLIT.none]).toBe(0);
      expect(counts(own, 4)[SPLIT.train]).toBeGreaterThan(0);
      if (id !== 'karate') {
        for (const code of [SPLIT.validation, SPLIT.test]) {
          expect(Math.abs(counts(own, 4)[code] / own.length - 0.2)).toBeLessThan(0.01);
        }
      }
    }
  });

  if (id !== 'debian')
    test('is connected', () => {
      const component = Int32Array.from({ length: data.nodes }, (_, v) => v);
      const root = (v: number): number => {
        let at = v;
        while (component[at] !== at) {
          component[at] = component[component[at]];
          at = component[at];
        }
        return at;
      };
      data.source.forEach((v, e) => {
        component[root(v)] = root(data.target[e]);
      });
      expect(new Set(Array.from(component, (_, v) => root(v))).size).toBe(1);
    });

  if (id !== 'debian')
    test('has a place in the picture for every node, and hardly two the same', () => {
      const places = Array.from({ length: data.nodes }, (_, v) => data.positions?.subarray(2 * v, 2 * v + 2).join());
      expect(new Set(places).size / data.nodes).toBeGreaterThan(0.99);
    });

  if (id !== 'karate')
    test('no word names a section, and none is a stop word', () => {
      const words = data.featureNames ?? [];
      const names = namesSection(SECTIONS);
      expect(words.length).toBeGreaterThanOrEqual(1000);
      expect(words.length).toBeLessThanOrEqual(2000);
      expect(words.filter((word) => names(word) || SECTIONS.includes(word))).toEqual([]);
      expect(words.filter((word) => ['the', 'and', 'for', 'of', 'with'].includes(word))).toEqual([]);
      expect(words.filter((word) => tokenize(word)[0] !== word)).toEqual([]);
      expect((data.features as CsrMatrix).values).toBeNull();
    });

  if (id !== 'karate')
    test('no class is larger than 35 % and the largest hub is what it should be', () => {
      const share = Math.max(...counts(data.labels as Int32Array, data.classNames.length)) / data.nodes;
      expect(share).toBeLessThanOrEqual(0.35);
      const hub = degree.indexOf(Math.max(...degree));
      if (id === 'debian') expect([data.nodeIds?.[hub], degree[hub]]).toEqual(['libc6', 21_809]);
      else expect(degree[hub] / data.nodes).toBeLessThan(0.1);
    });
});

test('debian is the whole archive', () => {
  const { nodes, edges, classes } = entry('debian');
  expect([nodes, edges, classes]).toEqual([63_436, 275_393, 42]);
});

test('debian-small is a part of debian', () => {
  const small = load('debian-small');
  const all = load('debian');
  expect(small.nodes).toBeGreaterThanOrEqual(3000);
  expect(small.nodes).toBeLessThanOrEqual(5000);
  expect(small.classNames.length).toBeGreaterThanOrEqual(8);
  const nodeOf = new Map(all.nodeIds?.map((name, v) => [name, v]));
  const inAll = small.nodeIds?.map((name) => nodeOf.get(name) as number) as number[];
  // httpd and tex are too small for a class of their own in the whole graph.
  const wrong = inAll.flatMap((v, node) => {
    const [whole, own] = [all.classNames[all.labels![v]], small.classNames[small.labels![node]]];
    return whole === own || (whole === 'other' && ['httpd', 'tex'].includes(own)) ? [] : [small.nodeIds?.[node]];
  });
  expect(wrong).toEqual([]);
  const edges = new Set(Array.from(all.source, (v, e) => v * all.nodes + all.target[e]));
  expect(
    Array.from(small.source, (v, e) => inAll[v] * all.nodes + inAll[small.target[e]]).every((e) => edges.has(e)),
  ).toBe(true);
});

test("karate is Zachary's club with the classes and training nodes of PyTorch Geometric", () => {
  const data = load('karate');
  expect(degrees(data).slice(0, 4)).toEqual(Uint32Array.of(16, 9, 10, 6));
  expect(degrees(data)[33]).toBe(17);
  expect(counts(data.labels as Int32Array, 4)).toEqual([13, 12, 4, 5]);
  expect([0, 4, 8, 24].map((v) => data.splits[0][v])).toEqual(new Array(4).fill(SPLIT.train));
  expect(counts(data.splits[0], 4)).toEqual([0, 4, 10, 20]);
  expect(bundleOf(karateGraph(), entry('karate'))).toEqual(gunzip(bytesOf('karate'), 'karate'));
});

test('the embedded files are under 5 MB together', () => {
  const embedded = catalogue.filter(({ kind }) => kind === 'embedded').map(({ id }) => bytesOf(id).length);
  expect(embedded.length).toBe(3);
  expect(embedded.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(5_000_000);
});

const HOST = 'https://raw.githubusercontent.com';

const PUBLISHED: Readonly<Record<CatalogueEntry['format'], RegExp>> = {
  bundle: /^$/,
  planetoid: /^kimiyoung\/planetoid\/master\/data\/ind\.(cora|citeseer|pubmed)\.[a-z.]+$/,
  npz: /^(yandex-research\/heterophilous-graphs\/main\/data|shchur\/gnn-benchmark\/master\/data\/npz)\/\w+\.npz$/,
  json: /^pmernyei\/wiki-cs-dataset\/master\/dataset\/data\.json$/,
};

test('a public entry names its files on a host that lets pages fetch, and how each is checked', () => {
  const planetoid = ['allx', 'ally', 'graph', 'test.index', 'tx', 'ty', 'x', 'y'];
  for (const { id, format, files } of catalogue.filter(({ kind }) => kind === 'public')) {
    const names = files.map(({ url }) => url?.split('/').at(-1)?.replace(`ind.${id}.`, ''));
    if (format === 'planetoid') expect(names.sort()).toEqual(planetoid);
    else expect(names).toHaveLength(1);
    for (const { url, bytes, sha256: hash, gitBlob } of files) {
      expect(url?.slice(HOST.length + 1)).toMatch(PUBLISHED[format]);
      expect(url?.startsWith(`${HOST}/`)).toBe(true);
      // A size that was counted has a hash that was; else there is what the repository's listing says.
      if (bytes !== undefined) expect(hash).toMatch(/^[0-9a-f]{64}$/);
      else expect([hash, gitBlob]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{40}$/)]);
    }
  }
});

test('no two entries are one, and every name may stand in a link', () => {
  const ids = catalogue.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !isCatalogueId(id))).toEqual([]);
});

const cora = join(process.env.EDGEWISE_DATA ?? '', 'planetoid-cora');
describe.skipIf(!process.env.EDGEWISE_DATA)('Cora (needs EDGEWISE_DATA, the folder with the real files)', () => {
  test('the catalogue has the sizes and hashes of the files', () => {
    for (const { url, bytes, sha256: hash } of entry('cora').files) {
      const file = readFileSync(join(cora, url?.split('/').at(-1) as string));
      expect([file.length, sha256(file)]).toEqual([bytes, hash]);
    }
  });
});

const index = process.env.EDGEWISE_DEBIAN_INDEX ?? '';
describe.skipIf(!existsSync(index))(
  'rebuild (needs EDGEWISE_DEBIAN_INDEX, the path of Packages or Packages.xz)',
  () => {
    test('the recorded index gives the same bytes', () => {
      const bytes = unpackIndex(readFileSync(index));
      expect(sha256(bytes)).toBe(entry('debian').source?.sha256);
      const text = bytes.toString('utf8');
      for (const data of [debianGraph(text), debianSmallGraph(text)]) {
        expect(sha256(pack(bundleOf(data, entry(data.name))))).toBe(sha256(bytesOf(data.name)));
      }
    }, 120_000);
  },
);
