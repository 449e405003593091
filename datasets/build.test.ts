import { describe, expect, test } from 'vitest';
import { SPLIT } from '../src/formats/graphData.ts';
import { forceLayout } from '../src/graph/layout.ts';
import { debianGraph, debianSmallGraph } from './debianGraph.ts';
import { unpackIndex } from './pack.ts';
import { dependencyEdges, parsePackages } from './packages.ts';
import { stratifiedSplit } from './split.ts';
import { bagOfWords, namesSection, tokenize, vocabulary } from './words.ts';

const INDEX = `Package: app
Version: 1.0
Pre-Depends: dpkg (>= 1.15.6~)
Depends: libfoo1 (>= 2) | libbar1:any, mail-agent, absent (= 1),
 libfoo1 [amd64]
Description: Reads mail, slowly
Section: mail

Package: libfoo1
Provides: foo-abi (= 3)
Description: Foo shared library
Section: libs

Package: libbar1
Depends: libfoo1, foo-abi
Description: Bar shared library
Section: contrib/libs


Package: exim
Provides: mail-agent, other-agent
Section: mail

Package: postfix
Provides: mail-agent
Depends: postfix, app
Section: mail

Package: app
Version: 2.0
Depends: postfix
Section: games

Package: dpkg
Section: admin
`;

describe('a package index', () => {
  const packages = parsePackages(INDEX);
  const edges = dependencyEdges(packages).flatMap((row, v) =>
    row.map((u) => `${packages[v].name} ${packages[u].name}`),
  );

  test('packages are sorted, each once as it comes first, sections without their area', () => {
    expect(packages.map(({ name, section }) => `${name} ${section}`)).toEqual([
      'app mail',
      'dpkg admin',
      'exim mail',
      'libbar1 libs',
      'libfoo1 libs',
      'postfix mail',
    ]);
    expect(packages[0].synopsis).toBe('Reads mail, slowly');
    expect(packages[2].synopsis).toBe('');
  });

  test('pre-dependencies, every alternative and every provider of a virtual package are edges, each once', () => {
    expect(edges.sort()).toEqual([
      'app dpkg',
      'app exim',
      'app libbar1',
      'app libfoo1',
      'app postfix',
      'libbar1 libfoo1',
    ]);
  });

  test('a stanza without a section is refused', () => {
    expect(() => parsePackages('Package: a\n')).toThrow('no Package or no Section field: Package: a');
  });

  test('an index that is not packed passes through', () => {
    expect(unpackIndex(new TextEncoder().encode(INDEX)).toString()).toBe(INDEX);
    expect(() => unpackIndex(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3))).toThrow('xz could not unpack');
  });

  test('small sections become one class, which comes last', () => {
    const many = Array.from({ length: 200 }, (_, i) => `Package: zoo${i}\nSection: zoo\nDescription: tame cat\n`);
    const graph = debianGraph(`${many.join('\n')}\n${INDEX}`);
    expect(graph.classNames).toEqual(['zoo', 'other']);
    expect(graph.nodeIds?.slice(0, 2)).toEqual(['app', 'dpkg']);
    expect(graph.labels?.subarray(0, 7)).toEqual(Int32Array.of(1, 1, 1, 1, 1, 1, 0));
    expect(graph.featureNames).toEqual(['bar', 'cat', 'foo', 'reads', 'shared', 'slowly', 'tame']);
  });

  test('the small graph is a component of the chosen sections without its hubs', () => {
    // A hub of 251 editors, a chain of three, and a package of another section that would join them all.
    const spokes = Array.from({ length: 251 }, (_, i) => `Package: spoke${i}\nDepends: hub, libc\nSection: editors\n`);
    const chain = ['a', 'b', 'c'].map((name, i) => `Package: ${name}\nDepends: ${'bcx'[i]}, hub\nSection: tex\n`);
    const index = [...spokes, ...chain, 'Package: hub\nSection: web\n', 'Package: libc\nSection: libs\n'].join('\n');
    const graph = debianSmallGraph(index);
    expect(graph.nodeIds).toEqual(['a', 'b', 'c']);
    expect([...graph.source, ...graph.target]).toEqual([0, 1, 1, 2]);
    expect(graph.classNames).toEqual(['tex']);
  });
});

describe('words', () => {
  test('letters and digits, lower case, at least two characters with a letter', () => {
    expect(tokenize('GTK+ 3.0: a C++/Qt5 "toolkit" (x11)')).toEqual(['gtk', 'qt5', 'toolkit', 'x11']);
  });

  test('forms of a section name are recognised, other words are not', () => {
    const names = namesSection([
      'python',
      'gnu-r',
      'libdevel',
      'libs',
      'doc',
      'utils',
      'x11',
      'database',
      'php',
      'games',
    ]);
    const forms = `python python3 pythons gnu libdevel lib libs library libraries development dev devel doc docs
      documentation utility utilities utils x11 database databases php php8 game games`.split(/\s+/);
    expect(forms.filter((word) => !names(word))).toEqual([]);
    const others = 'x86 mail shared files gnat pythonic classes ruby data physics'.split(' ');
    expect(others.filter(names)).toEqual([]);
  });

  test('the most frequent words, ties by name, in order of their names', () => {
    const texts = ['the zebra bites', 'zebra zebra apple', 'bites of bread', 'python zebra'];
    const words = vocabulary(texts, 3, (word) => word !== 'python');
    expect(words).toEqual(['apple', 'bites', 'zebra']);
    const bag = bagOfWords(texts, words);
    expect([...bag.indptr]).toEqual([0, 2, 4, 5, 6]);
    expect([...bag.indices]).toEqual([1, 2, 0, 2, 1, 2]);
  });
});

test('the split is 60/20/20 within each class, and another seed gives another', () => {
  const labels = Int32Array.from({ length: 150 }, (_, v) => (v % 3 === 0 ? 1 : 0));
  const split = stratifiedSplit(labels, 1);
  const count = (label: number, code: number) => split.filter((c, v) => c === code && labels[v] === label).length;
  expect([0, 1].map((label) => [SPLIT.train, SPLIT.validation, SPLIT.test].map((code) => count(label, code)))).toEqual([
    [60, 20, 20],
    [30, 10, 10],
  ]);
  expect(stratifiedSplit(labels, 1)).toEqual(split);
  expect(stratifiedSplit(labels, 2)).not.toEqual(split);
});

test('the layout puts two cliques apart and stays in the unit square', () => {
  const source: number[] = [0];
  const target: number[] = [10];
  for (const first of [0, 10]) {
    for (let v = first; v < first + 10; v++) {
      for (let u = v + 1; u < first + 10; u++) {
        source.push(v);
        target.push(u);
      }
    }
  }
  const positions = forceLayout(20, Uint32Array.from(source), Uint32Array.from(target));
  expect(positions.every((value) => value >= 0 && value <= 1)).toBe(true);
  expect(new Set(Array.from({ length: 20 }, (_, v) => `${positions[2 * v]} ${positions[2 * v + 1]}`)).size).toBe(20);
  const centre = (first: number, axis: number) => {
    let sum = 0;
    for (let v = first; v < first + 10; v++) sum += positions[2 * v + axis] / 10;
    return sum;
  };
  const between = Math.hypot(centre(0, 0) - centre(10, 0), centre(0, 1) - centre(10, 1));
  const spread = Math.max(
    ...Array.from({ length: 10 }, (_, v) =>
      Math.hypot(positions[2 * v] - centre(0, 0), positions[2 * v + 1] - centre(0, 1)),
    ),
  );
  expect(between).toBeGreaterThan(2 * spread);
});
