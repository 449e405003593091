/**
 * Finds out what a set of files is and reads it: the one door through which dropped files, a folder or a file named on
 * the command line come in.
 */
import { InputError } from '../config/errors.ts';
import { readBundle } from './bundle.ts';
import type { NamedBytes } from './csv.ts';
import { readCsvGraph } from './csv.ts';
import { checkIsText } from './fileKind.ts';
import type { GraphData } from './graphData.ts';
import { gunzip, isGzip } from './gzip.ts';
import { type MatView, readMat, viewMat } from './mat.ts';
import { isMat } from './matFile.ts';
import { readNodeLink } from './nodeLink.ts';
import { readNpz } from './npz.ts';
import { isOgb, readOgb } from './ogb.ts';
import { planetoidPart, readPlanetoid } from './planetoid.ts';
import type { ReadChoices } from './readChoices.ts';
import { sortTables } from './tables.ts';
import { type TableView, viewTables } from './tableView.ts';
import { openZip } from './zip.ts';

const KNOWN =
  'Edgewise reads an edge list (CSV, TSV) with an optional node table, a Planetoid set (ind.NAME.x and seven more), ' +
  'NumPy arrays (.npz), MATLAB matrices (.mat), JSON node-link (.json), an archive of the Open Graph Benchmark or a bundle ' +
  '(.safetensors), any of them also in a .zip';

/** Files that accompany a graph and are none. */
const COMPANION = /^(\..*|readme.*|licen[cs]e.*|.*\.md|sha256sums|thumbs\.db)$/i;

type ReadFile = (bytes: Uint8Array, name: string, choices: ReadChoices) => GraphData;

/** A format that keeps a whole graph in one file, known by the file's name, or by its first bytes. */
interface SingleFile {
  readonly pattern: RegExp;
  readonly title: string;
  readonly read: ReadFile;
  /** Unpacks gzip itself: as much as such a file may hold. */
  readonly unpacks?: boolean;
  readonly is?: (bytes: Uint8Array) => boolean;
}

const readMatFile: ReadFile = (bytes, name, { matNames }) => readMat(bytes, name, matNames);

const SINGLE_FILES: readonly SingleFile[] = [
  { pattern: /\.safetensors(\.gz)?$/i, title: 'bundle', read: readBundle },
  { pattern: /\.npz(\.gz)?$/i, title: 'NumPy archive', read: readNpz },
  { pattern: /\.json(\.gz)?$/i, title: 'JSON graph', read: readNodeLink, unpacks: true },
  { pattern: /\.mat(\.gz)?$/i, title: 'MATLAB file', read: readMatFile, is: isMat },
];
const ZIP = /\.zip$/i;

type Recognised =
  | { kind: 'planetoid'; name: string; files: NamedBytes[] }
  | { kind: 'single'; title: string; file: NamedBytes; read: ReadFile }
  | { kind: 'tables'; files: NamedBytes[] };

/** What was understood of files before their graph is read. What tables or a MATLAB file are read as can be corrected. */
export interface FilesView {
  /** In words: `Planetoid set 'cora' (8 files)`. */
  readonly what: string;
  readonly tables: readonly TableView[];
  /** Null where it is no MATLAB file. */
  readonly mat: MatView | null;
}

/** Files that are recognised and unpacked, and not read yet. */
export interface OpenFiles {
  /** Of what is held of them. */
  readonly bytes: number;
  readonly view: (choices?: ReadChoices) => FilesView;
  /** @throws InputError where the files cannot be read so */
  readonly read: (choices?: ReadChoices) => GraphData;
}

/**
 * Opens files in any order; `name` may hold folders, bytes may be packed with gzip. Choices say how they are read, where
 * that is not to be found out.
 * @throws InputError where the files are no graph that is known here, or not exactly one
 */
export function openFiles(files: readonly NamedBytes[]): OpenFiles {
  const { found, left } = recognise(files);
  const notRead = left.map(({ name }) => name).join(', ');
  const held = found.kind === 'single' ? [found.file] : found.files;
  return {
    bytes: held.reduce((sum, { bytes }) => sum + bytes.length, 0),
    view: (choices = {}) => view(found, choices),
    read(choices = {}) {
      const graph = read(found, choices);
      return notRead ? { ...graph, notes: [...graph.notes, `Not read: ${notRead}.`] } : graph;
    },
  };
}

/** Opens files and reads their graph. Throws as both. */
export function readGraphFiles(files: readonly NamedBytes[], choices: ReadChoices = {}): GraphData {
  return openFiles(files).read(choices);
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

const partOf = ({ name }: { readonly name: string }) => planetoidPart(withoutGz(name));

/** Of files, named without folders, the parts of a Planetoid set: where there are any, nothing else is read. */
export function planetoidParts<F extends { readonly name: string }>(files: readonly F[]): F[] {
  return files.filter(partOf);
}

/** `archive` is what the files were in, if they were in one. */
function recogniseFiles(named: NamedBytes[], archive?: string): { found: Recognised; left: NamedBytes[] } {
  const parts = planetoidParts(named);
  if (parts.length > 0) {
    const names = [...new Set(parts.map((file) => partOf(file)?.name ?? ''))].sort();
    if (names.length > 1) {
      throw new InputError(`Here are ${names.length} Planetoid sets (${names.join(', ')}); give the files of one.`);
    }
    const files = parts.map(unpacked);
    return { found: { kind: 'planetoid', name: names[0], files }, left: without(named, parts) };
  }
  const files = named.filter((file) => !COMPANION.test(file.name));
  const left = without(named, files);
  if (files.length === 0) {
    throw new InputError(
      `${archive ? `${archive}: holds no file with a graph` : 'No file with a graph was given'}; ${KNOWN}.`,
    );
  }
  for (const { pattern, title, read, unpacks, is } of SINGLE_FILES) {
    const file = files.find(({ name, bytes }) => pattern.test(name) || is?.(bytes));
    if (!file) continue;
    if (files.length === 1) {
      return { found: { kind: 'single', title, file: unpacks ? file : unpacked(file), read }, left };
    }
    throw new InputError(`${file.name}: a ${title} is a graph of its own; give it without the other files.`);
  }
  return { found: recogniseTables(files.map(unpacked)), left };
}

function recogniseTables(files: NamedBytes[]): Recognised {
  for (const file of files) {
    checkIsText(file.bytes, file.name, KNOWN);
  }
  if (files.length > 2) {
    const names = files.map((file) => file.name).slice(0, 5);
    throw new InputError(`${files.length} files (${names.join(', ')}…) are no graph known here; ${KNOWN}.`);
  }
  return { kind: 'tables', files };
}

function view(found: Recognised, choices: ReadChoices): FilesView {
  if (found.kind === 'tables') {
    const tables = viewTables(found.files, choices);
    const named = (kind: string) => tables.find((table) => table.kind === kind)?.file;
    const [edges, nodes] = [named('edges'), named('nodes')];
    const what = [edges && `edge list '${edges}'`, nodes && `node table '${nodes}'`].filter(Boolean).join(' with ');
    return { what, tables, mat: null };
  }
  if (found.kind === 'planetoid') {
    return { what: `Planetoid set '${found.name}' (${found.files.length} files)`, tables: [], mat: null };
  }
  const { title, file, read } = found;
  const mat = read === readMatFile ? viewMat(file.bytes, file.name, choices.matNames) : null;
  return { what: `${title} '${file.name}'`, tables: [], mat };
}

function read(found: Recognised, choices: ReadChoices): GraphData {
  checkChoices(found, choices);
  if (found.kind === 'tables') {
    const { edges, nodes } = sortTables(found.files, choices);
    return readCsvGraph(edges, nodes, choices);
  }
  if (found.kind === 'single') return found.read(found.file.bytes, found.file.name, choices);
  return readPlanetoid(new Map(found.files.map((file) => [withoutGz(file.name), file.bytes])), found.name);
}

/** What says nothing about these files is a mistake. */
function checkChoices(found: Recognised, { tables = [], matNames }: ReadChoices): void {
  if (tables.length > 0 && found.kind !== 'tables') {
    throw new InputError(
      `A ${found.kind === 'single' ? found.title : 'Planetoid set'} is no table, so its delimiter, header and columns ` +
        'cannot be chosen; leave them out.',
    );
  }
  if (matNames && !(found.kind === 'single' && found.read === readMatFile)) {
    throw new InputError('Variables can be chosen of a MATLAB file only; of a table choose the roles of columns.');
  }
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
