/**
 * From a package index to the two embedded graphs, `debian` and `debian-small`. Pure: the same index gives the same
 * graphs on every machine.
 */
import type { GraphData } from '../src/formats/graphData.ts';
import { forceLayout } from '../src/graph/layout.ts';
import type { Package, UpperTriangle } from './packages.ts';
import { dependencyEdges, parsePackages } from './packages.ts';
import { stratifiedSplit } from './split.ts';
import { bagOfWords, namesSection, vocabulary } from './words.ts';

const WORDS = 2000;
const SMALL_WORDS = 1000;
const SPLIT_SEED = 12;
/** Sections with fewer packages become one class. */
const MIN_CLASS = 200;
const REST = 'other';

/**
 * The whole sections that `debian-small` joins: language worlds (cli-mono, introspection, lisp, ocaml, php, tex) and kinds
 * of programs (the others) that hang together without libc6 and its like, because these live in `libs`.
 */
const SMALL_SECTIONS = new Set(
  'cli-mono editors gnome httpd introspection lisp localization mail ocaml php tex web'.split(' '),
);
/**
 * A package with more links than this inside the union is a hub and left out on purpose, so that no node is next to a fifth
 * of the others: php-common (728), emacsen-common (404), ocaml (281) and gir1.2-glib-2.0 (271) in bookworm.
 */
const SMALL_MAX_DEGREE = 250;

/** The whole graph: one node per package, in the order of their names. */
export function debianGraph(index: string): GraphData {
  const packages = parsePackages(index);
  const edges = dependencyEdges(packages);
  const counts = new Map<string, number>();
  for (const { section } of packages) counts.set(section, (counts.get(section) ?? 0) + 1);
  const classOf = (section: string) => ((counts.get(section) ?? 0) >= MIN_CLASS ? section : REST);
  return describe('debian', packages, edges, classOf, namesSection(counts.keys()), WORDS);
}

/**
 * The small graph: the union of SMALL_SECTIONS, hubs left out, the largest component of what remains, with its own
 * vocabulary, split and positions.
 */
export function debianSmallGraph(index: string): GraphData {
  const all = parsePackages(index);
  const namesClass = namesSection(new Set(all.map(({ section }) => section)));
  const edges = dependencyEdges(all);
  const union = all.flatMap(({ section }, node) => (SMALL_SECTIONS.has(section) ? [node] : []));
  const inUnion = induced(edges, union);
  const degree = degrees(inUnion);
  const calm = union.filter((_, i) => degree[i] <= SMALL_MAX_DEGREE);
  const component = largestComponent(induced(edges, calm));
  const kept = component.map((i) => calm[i]);
  const packages = kept.map((node) => all[node]);
  const graph = describe('debian-small', packages, induced(edges, kept), (s) => s, namesClass, SMALL_WORDS);
  return { ...graph, positions: forceLayout(graph.nodes, graph.source, graph.target) };
}

function describe(
  name: string,
  packages: readonly Package[],
  edges: UpperTriangle,
  classOf: (section: string) => string,
  namesClass: (word: string) => boolean,
  size: number,
): GraphData {
  // The rest, where there is one, comes last; the others are sorted.
  const names = [...new Set(packages.map(({ section }) => classOf(section)))].sort();
  const classNames = [...names.filter((n) => n !== REST), ...names.filter((n) => n === REST)];
  const labels = Int32Array.from(packages, ({ section }) => classNames.indexOf(classOf(section)));
  const texts = packages.map(({ synopsis }) => synopsis);
  const words = vocabulary(texts, size, (word) => !namesClass(word));
  return {
    name,
    nodes: packages.length,
    source: Uint32Array.from(edges.flatMap((row, node) => row.map(() => node))),
    target: Uint32Array.from(edges.flat()),
    weight: null,
    features: bagOfWords(texts, words),
    featureNames: words,
    labels,
    classNames,
    splits: [stratifiedSplit(labels, SPLIT_SEED)],
    nodeIds: packages.map((p) => p.name),
    positions: null,
    notes: [],
  };
}

/** The edges among `nodes` (ascending ids), renumbered 0..nodes.length-1. */
function induced(edges: UpperTriangle, nodes: readonly number[]): UpperTriangle {
  const renumbered = new Map(nodes.map((node, i) => [node, i]));
  return nodes.map((node) => edges[node].flatMap((other) => renumbered.get(other) ?? []));
}

function degrees(edges: UpperTriangle): Uint32Array {
  const degree = new Uint32Array(edges.length);
  edges.forEach((row, node) => {
    degree[node] += row.length;
    for (const other of row) degree[other]++;
  });
  return degree;
}

/** The ids of the largest connected component, ascending; of two equal ones, the one with the smallest id. */
function largestComponent(edges: UpperTriangle): number[] {
  const both: number[][] = edges.map((row) => [...row]);
  edges.forEach((row, node) => {
    for (const other of row) both[other].push(node);
  });
  const seen = new Uint8Array(edges.length);
  let largest: number[] = [];
  for (let start = 0; start < edges.length; start++) {
    if (seen[start]) continue;
    seen[start] = 1;
    const component = [start];
    for (const node of component) {
      for (const other of both[node]) {
        if (!seen[other]) {
          seen[other] = 1;
          component.push(other);
        }
      }
    }
    if (component.length > largest.length) largest = component;
  }
  return largest.sort((a, b) => a - b);
}
