/**
 * Finds out what a set of files is and reads it: the one door through which dropped files, a folder or a file named on
 * the command line come in.
 */
import { InputError } from '../config/errors.ts';
import { readBundle } from './bundle.ts';
import type { NamedBytes } from './csv.ts';
import { readCsvGraph, tableRole } from './csv.ts';
import { checkIsText } from './fileKind.ts';
import type { GraphData } from './graphData.ts';
import { gunzip, isGzip } from './gzip.ts';
import type { MatNames } from './mat.ts';
import { readMat } from './mat.ts';
import { isMat } from './matFile.ts';
import { readNodeLink } from './nodeLink.ts';
import { readNpz } from './npz.ts';
import { isOgb, readOgb } from './ogb.ts';
import { planetoidPart, readPlanetoid } from './planetoid.ts';
import { openZip } from './zip.ts';

const KNOWN =
  'Edgewise reads an edge list (CSV, TSV) with an optional node table, a Planetoid set (ind.NAME.x and seven more), ' +
  'NumPy arrays (.npz), MATLAB matrices (.mat), JSON node-link (.json), an archive of the Open Graph Benchmark or a bundle ' +
  '(.safetensors), any of them also in a .zip';

/** Files that accompany a graph and are none. */
const COMPANION = /^(\..*|readme.*|licen[cs]e.*|.*\.md|sha256sums|thumbs\.db)$/i;

/** @param matNames what a MATLAB file calls its variables */
type ReadFile = (bytes: Uint8Array, name: string, matNames: MatNames) => GraphData;

/** A format that keeps a whole graph in one file, known by the file's name, or by its first bytes. */
interface SingleFile {
  readonly pattern: RegExp;
  readonly title: string;
  readonly read: ReadFile;
  readonly is?: (bytes: Uint8Array) => boolean;
}

/** For readers that do not unpack gzip themselves. */
const unpackedFirst =
  (read: ReadFile): ReadFile =>
  (bytes, name, matNames) =>
    read(unpacked({ name, bytes }).bytes, name, matNames);

const SINGLE_FILES: readonly SingleFile[] = [
  { pattern: /\.safetensors(\.gz)?$/i, title: 'bundle', read: readBundle },
  { pattern: /\.npz(\.gz)?$/i, title: 'NumPy archive', read: unpackedFirst(readNpz) },
  { pattern: /\.json(\.gz)?$/i, title: 'JSON graph', read: readNodeLink },
  { pattern: /\.mat(\.gz)?$/i, title: 'MATLAB file', read: unpackedFirst(readMat), is: isMat },
];
const ZIP = /\.zip$/i;

type Recognised =
  | { kind: 'planetoid'; name: string; files: NamedBytes[] }
  | { kind: 'single'; title: string; file: NamedBytes; read: ReadFile }
  | { kind: 'tables'; edges: NamedBytes; nodes: NamedBytes | null };

/**
 * Reads a graph from files in any order; `name` may hold folders, bytes may be packed with gzip. `matNames` says what a
 * MATLAB file calls its variables.
 * @throws InputError where the files are no graph that is known here, or not exactly one, or cannot be read
 */
export function readGraphFiles(files: readonly NamedBytes[], matNames: MatNames = {}): GraphData {
  const { found, left } = recognise(files);
  const graph = read(found, matNames);
  if (left.length === 0) return graph;
  return { ...graph, notes: [...graph.notes, `Not read: ${left.map((file) => file.name).join(', ')}.`] };
}

/** What the files are, in words: `Planetoid set 'cora' (8 files)`. Throws as readGraphFiles, before reading them. */
export function describeFiles(files: readonly NamedBytes[]): string {
  const { found } = recognise(files);
  if (found.kind === 'planetoid') return `Planetoid set '${found.name}' (${found.files.length} files)`;
  if (found.kind === 'single') return `${found.title} '${found.file.name}'`;
  return `edge list '${found.edges.name}'${found.nodes ? ` with node table '${found.nodes.name}'` : ''}`;
}

function recognise(given: readonly NamedBytes[]): { found: Recognised; left: NamedBytes[] } {
  const outside = given.map(baseName);
  const [archive, ...others] = outside.filter(({ name }) => !COMPANION.test(name));
  if (!archive || others.length > 0 || !ZIP.test(archive.name)) return recogniseFiles(outside);
  const beside = without(outside, [archive]);
  const zip = openZip(archive.bytes, archive.name);
  if (isOgb(zip.names)) {
    return { found: { kind: 'single', title: 'OGB archive', file: archive, read: readOgb }, left: beside };
  }
  // As if its files had been given; an archive inside an archive stays closed.
  const names = zip.names.filter((name) => !name.endsWith('/'));
  const inside = names.map((name) => baseName({ name, bytes: zip.unpack(name) }));
  const { found, left } = recogniseFiles(inside, archive.name);
  return { found, left: [...left, ...beside] };
}

function baseName({ name, bytes }: NamedBytes): NamedBytes {
  return { name: name.replace(/^.*[/\\]/, ''), bytes };
}

/** `archive` is what the files were in, if they were in one. */
function recogniseFiles(named: NamedBytes[], archive?: string): { found: Recognised; left: NamedBytes[] } {
  const partOf = ({ name }: NamedBytes) => planetoidPart(withoutGz(name));
  const parts = named.filter(partOf);
  if (parts.length > 0) {
    const names = [...new Set(parts.map((file) => partOf(file)?.name ?? ''))].sort();
    if (names.length > 1) {
      throw new InputError(`Here are ${names.length} Planetoid sets (${names.join(', ')}); give the files of one.`);
    }
    return { found: { kind: 'planetoid', name: names[0], files: parts }, left: without(named, parts) };
  }
  const files = named.filter((file) => !COMPANION.test(file.name));
  const left = without(named, files);
  if (files.length === 0) {
    throw new InputError(
      `${archive ? `${archive}: holds no file with a graph` : 'No file with a graph was given'}; ${KNOWN}.`,
    );
  }
  for (const { pattern, title, read, is } of SINGLE_FILES) {
    const file = files.find(({ name, bytes }) => pattern.test(name) || is?.(bytes));
    if (!file) continue;
    if (files.length === 1) return { found: { kind: 'single', title, file, read }, left };
    throw new InputError(`${file.name}: a ${title} is a graph of its own; give it without the other files.`);
  }
  return { found: recogniseTables(files.map(unpacked)), left };
}

function recogniseTables(files: NamedBytes[]): Recognised {
  for (const file of files) {
    checkIsText(file.bytes, file.name, KNOWN);
  }
  if (files.length === 1) {
    const [edges] = files;
    if (tableRole(edges) !== 'nodes') return { kind: 'tables', edges, nodes: null };
    throw new InputError(`${edges.name}: is a node table without edges; give the edge list beside it.`);
  }
  if (files.length > 2) {
    const names = files.map((file) => file.name).slice(0, 5);
    throw new InputError(`${files.length} files (${names.join(', ')}…) are no graph known here; ${KNOWN}.`);
  }
  // The header decides; only where it says nothing does the file's name.
  const roles = files.map((file) => tableRole(file) ?? roleByName(file.name));
  const nodesAt = roles.indexOf('nodes');
  const edgesAt = roles.indexOf('edges');
  if (roles[0] === roles[1]) {
    throw new InputError(
      `${files[0].name} and ${files[1].name}: which is the edge list and which the node table is not clear; begin each ` +
        'with a header line (source,target and id,label) or put "edges" and "nodes" into their names.',
    );
  }
  const edges = edgesAt >= 0 ? edgesAt : 1 - nodesAt;
  return { kind: 'tables', edges: files[edges], nodes: files[1 - edges] };
}

function roleByName(name: string): 'edges' | 'nodes' | null {
  if (/edge|link|cites|adj/i.test(name)) return 'edges';
  return /node|label|feature|content/i.test(name) ? 'nodes' : null;
}

function read(found: Recognised, matNames: MatNames): GraphData {
  if (found.kind === 'single') return found.read(found.file.bytes, found.file.name, matNames);
  if (found.kind === 'tables') return readCsvGraph(found.edges, found.nodes);
  return readPlanetoid(new Map(found.files.map((file) => [withoutGz(file.name), unpacked(file).bytes])), found.name);
}

function unpacked({ name, bytes }: NamedBytes): NamedBytes {
  return isGzip(bytes) ? { name, bytes: gunzip(bytes, name) } : { name, bytes };
}

function withoutGz(name: string): string {
  return name.replace(/\.gz$/i, '');
}

function without(files: readonly NamedBytes[], taken: readonly NamedBytes[]): NamedBytes[] {
  return files.filter((file) => !taken.includes(file));
}
