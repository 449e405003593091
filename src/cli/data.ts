import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../config/errors.ts';
import { nearest, quote } from '../config/parse.ts';
import type { Config } from '../config/schema.ts';
import { type CatalogueEntry, fileName } from '../formats/catalogue.ts';
import type { NamedBytes } from '../formats/csv.ts';
import { openFiles } from '../formats/open.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import type { Graph } from '../graph/graph.ts';
import { isShape, SHAPE_NAMES, type ShapeName } from '../graph/shapes.ts';
import { type Understood, understand } from '../graph/understand.ts';
import { fileNameOf, isDataUrl, parseDataUrl } from '../run/dataUrl.ts';
import type { DatasetInfo } from '../run/record.ts';
import { readManifest } from '../store/manifest.ts';
import { type AnyGraph, loadGraph as loadStored, openStored } from '../store/storedGraph.ts';
import { datasetsFolder, readCatalogue } from './catalogue.ts';
import { fetchFile, fetchUrl } from './download.ts';
import type { FilePlace } from './engine.ts';
import { isKept, keepShape, openKept } from './keptGraphs.ts';
import { progressBar } from './output.ts';
import { choosesAny } from './readOptions.ts';

/** What `--data` names: a dataset of the catalogue, a graph that is kept, a shape to generate, a file, a folder or a public file. */
export type DataSource =
  | { readonly kind: 'catalogue'; readonly entry: CatalogueEntry }
  | { readonly kind: 'path'; readonly path: string; readonly files: readonly string[] }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'kept'; readonly id: string }
  | { readonly kind: 'shape'; readonly shape: ShapeName };

export type FileSource = Extract<DataSource, { kind: 'catalogue' | 'path' | 'url' }>;

/** Node reads a file into one buffer; its limit is 2 GiB. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Finds what `name` means without reading it: first the catalogue, kept graphs and shapes (`./debian` is always a path),
 * then the disk.
 * InputError where there is nothing of that name.
 */
export function findData(name: string | undefined): DataSource {
  const catalogue = readCatalogue();
  const ids = catalogue.map(({ id }) => id);
  if (name === undefined) throw new InputError(`--data: name a dataset (${ids.join(', ')}), a file or a folder.`);
  const entry = catalogue.find(({ id }) => id === name);
  if (entry) return { kind: 'catalogue', entry };
  if (isKept(name)) return { kind: 'kept', id: name };
  if (isShape(name)) return { kind: 'shape', shape: name };
  if (isDataUrl(name)) return { kind: 'url', url: parseDataUrl(name, '--data') };
  const stats = statOf(name);
  if (!stats) {
    const near = nearest(name, [...ids, ...SHAPE_NAMES]);
    const advice = near ? `did you mean ${near}?` : `give a path, or one of ${ids.join(', ')}.`;
    throw new InputError(`--data ${quote(name)}: neither a dataset nor a file nor a folder: ${advice}`);
  }
  if (!stats.isDirectory()) return { kind: 'path', path: name, files: [name] };
  const files = listFolder(name)
    .filter((file) => !file.startsWith('.'))
    .map((file) => join(name, file))
    .filter((path) => statOf(path)?.isFile())
    .sort();
  if (files.length === 0) throw new InputError(`${name}: the folder holds no files.`);
  return { kind: 'path', path: name, files };
}

/** What a path leads to, null where there is nothing; InputError where that cannot be told. */
export function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw unreadable(path, error);
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): InputError {
  return new InputError(
    `${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message}).`,
  );
}

/** By which presets know a dataset: its id in the catalogue, or the name of a shape; null for anything else. */
export function catalogueId(source: DataSource): string | null {
  if (source.kind === 'catalogue') return source.entry.id;
  if (source.kind === 'path' || source.kind === 'url') return null;
  const name = source.kind === 'kept' ? source.id : source.shape;
  return isShape(name) ? name : null;
}

/** A graph as a run takes it, and where it stays, if it does. */
export interface OpenData {
  readonly graph: AnyGraph;
  readonly dataset: DatasetInfo;
  readonly place: FilePlace | null;
  /** What was understood of the files; null where the graph came from a store. */
  readonly understood: Understood | null;
}

/**
 * Reads a file, a folder or a dataset into memory; of a kept graph reads the outline, and leaves the rest where it is
 * unless memory.store says otherwise. A shape is generated and kept when it is asked for first.
 */
export async function openData(source: DataSource, config: Config, choices: ReadChoices = {}): Promise<OpenData> {
  if (source.kind === 'catalogue' || source.kind === 'path' || source.kind === 'url') {
    const { graph, understood } = await loadGraph(source, choices);
    return { graph, dataset: describe(graph, await fingerprint(graph)), place: null, understood };
  }
  checkChoices(source, choices);
  const place = await openKept();
  const { store } = place;
  const budget = config['memory.workerBudget'];
  const id =
    source.kind === 'kept'
      ? source.id
      : (await keepShape(store, source.shape, { memoryBytes: budget || undefined })).id;
  const { fingerprint: hash } = await readManifest(store, id);
  const whole = config['memory.store'] === 'memory';
  const graph = whole ? await loadStored(store, id) : await openStored(store, id);
  return { graph, dataset: describe(graph, hash), place: whole ? null : place, understood: null };
}

/** Reads, checks and arranges the graph. Every InputError names a file. */
export async function loadGraph(
  source: FileSource,
  choices: ReadChoices = {},
): Promise<{ graph: Graph; understood: Understood }> {
  checkChoices(source, choices);
  const files = await filesOf(source);
  const origin = source.kind === 'catalogue' ? source.entry.id : source.kind === 'url' ? source.url : source.path;
  try {
    const { graph, understood } = understand(openFiles(files), choices);
    if (!graph) throw new InputError(understood.error ?? 'No graph was understood.');
    return { graph: source.kind === 'catalogue' ? { ...graph, name: source.entry.id } : graph, understood };
  } catch (error) {
    // Some errors speak of several files at once, or of a graph: then the path says which.
    if (!(error instanceof InputError) || files.some(({ name }) => error.message.includes(basename(name)))) throw error;
    throw new InputError(`${origin}: ${error.message}`);
  }
}

/** Only files that somebody brings can be read in more than one way. */
export function checkChoices(source: DataSource, choices: ReadChoices): void {
  if (source.kind === 'path' || source.kind === 'url' || !choosesAny(choices)) return;
  const name = source.kind === 'catalogue' ? source.entry.id : source.kind === 'kept' ? source.id : source.shape;
  throw new InputError(
    `${name}: is no file, so --directed, --self-loops, --delimiter, --header and --columns say nothing about it; ` +
      'leave them out.',
  );
}

async function filesOf(source: FileSource): Promise<NamedBytes[]> {
  if (source.kind === 'catalogue') return catalogueFiles(source.entry);
  if (source.kind === 'path') return readPaths(source.files);
  return [{ name: fileNameOf(source.url), bytes: await fetchUrl(source.url, progressBar()) }];
}

async function catalogueFiles(entry: CatalogueEntry): Promise<NamedBytes[]> {
  const progress = progressBar();
  const files: NamedBytes[] = [];
  for (const file of entry.files) {
    const bytes = file.path ? readOne(join(datasetsFolder(), file.path)) : await fetchFile(entry, file, progress);
    files.push({ name: fileName(file), bytes });
  }
  return files;
}

function readPaths(paths: readonly string[]): NamedBytes[] {
  let total = 0;
  return paths.map((path) => {
    const bytes = readOne(path);
    total += bytes.length;
    if (total > MAX_BYTES) throw new InputError(`${path}: the files are larger than 2 GiB together; give fewer.`);
    return { name: path, bytes };
  });
}

/** The bytes of a file, or an InputError that names it. A device or a pipe has no size to check: it is not read. */
export function readOne(path: string): Uint8Array {
  const stats = statOf(path);
  if (stats && !stats.isFile()) throw new InputError(`${path}: is not a regular file; copy its content into one.`);
  if (stats && stats.size > MAX_BYTES) {
    throw new InputError(`${path}: ${stats.size} bytes are more than 2 GiB; give a smaller file.`);
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What a run record says about the graph. */
function describe(graph: AnyGraph, hash: string): DatasetInfo {
  return {
    name: graph.name,
    nodes: graph.nodes,
    edges: graph.edges,
    features: graph.features.cols,
    classes: graph.classNames.length,
    ...(graph.labelSets ? { multiLabel: true } : {}),
    fingerprint: hash,
  };
}
