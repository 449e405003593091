import catalogueFile from '../../datasets/catalogue.json';
import { InputError } from '../config/errors.ts';
import { DEFAULTS } from '../config/schema.ts';
import { readBundle } from '../formats/bundle.ts';
import { type Catalogue, type CatalogueEntry, type CatalogueFile, fileName } from '../formats/catalogue.ts';
import type { NamedBytes } from '../formats/csv.ts';
import type { ReadChoices } from '../formats/readChoices.ts';
import { arrange } from '../graph/arrange.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import type { Graph } from '../graph/graph.ts';
import type { OrderingName } from '../graph/ordering.ts';
import { isShape } from '../graph/shapes.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { ingest, manifestBytes, storedBytes } from '../store/ingest.ts';
import { ifFree } from '../store/lock.ts';
import { isOrdered, readManifest } from '../store/manifest.ts';
import { deleteFrom, type Places, placeOf, placeToKeep, present } from '../store/places.ts';
import { type AnyGraph, loadGraph, openStored } from '../store/storedGraph.ts';
import { graphBytes } from '../train/hostMemory.ts';
import { download, type Progress } from './download.ts';
import { openDropped, openReaders } from './droppedFiles.ts';
import { addressOf } from './fileAddress.ts';
import type { FileSize } from './hostSizes.ts';
import type { DroppedFile, LoadConfig, Previewed } from './protocol.ts';
import { staysOnDisk } from './staysOnDisk.ts';

/** Where graphs come from in the page: embedded files, public files, dropped files, and the store that keeps them. */

export interface LoadedGraph {
  readonly graph: AnyGraph;
  /** By which the store knows it: of the catalogue or a shape, else the fingerprint. */
  readonly id: string;
  readonly catalogueId: string | null;
  readonly fingerprint: string;
}

const catalogue = catalogueFile as Catalogue;

/** Code that nobody waits for whose graphs come with the page. */
const openUnderstanding = () => import('../graph/understand.ts');
const openSizes = () => import('./hostSizes.ts');

/**
 * How large the files of a public dataset are. Their host is asked where nobody here has counted: call it when somebody looks at
 * the dataset, never before.
 */
export async function downloadSizes(id: string): Promise<readonly FileSize[]> {
  const entry = catalogue.find((candidate) => candidate.id === id && candidate.kind === 'public');
  if (!entry) return [];
  const { askSizes } = await openSizes();
  return askSizes(entry.files.map((file) => ({ file, address: addressOf(entry, file) })));
}

/** @throws InputError where there is no such dataset, or it arrives damaged; the reason of `signal` once it is aborted */
export async function loadDataset(
  id: string,
  config: LoadConfig,
  ordering: OrderingName,
  places: Places,
  progress: Progress,
  signal?: AbortSignal,
): Promise<LoadedGraph> {
  const entry = catalogue.find((candidate) => candidate.id === id);
  const place = entry?.kind === 'embedded' ? null : await placeOf(places, id);
  if (place) {
    progress({ task: 'Reading from this browser', done: 0, total: null, unit: 'bytes' });
    return openKept(places[place]!, id, entry || isShape(id) ? id : null, config);
  }
  if (isShape(id)) {
    // Generators, and sorting edges within a budget: more code than the rest of a first visit needs.
    const { generateShape } = await import('./generateShape.ts');
    const store = await generateShape(id, config['memory.workerBudget'], ordering, places, progress, signal);
    return openKept(store, id, id, config);
  }
  if (!entry) throw new InputError(`There is no dataset ${id} in this browser: drop its files.`);
  const files: NamedBytes[] = [];
  for (const file of entry.files) {
    files.push({ name: fileName(file), bytes: await fileBytes(entry, file, progress, signal) });
  }
  if (entry.kind === 'embedded') {
    const data = readBundle(await unpacked(files[0]), files[0].name);
    return described({ ...arrange(data), name: entry.id }, entry.id, entry.id);
  }
  const data = (await openReaders()).readGraphFiles(files);
  const loaded = await described({ ...arrange(data), name: entry.id }, entry.id, entry.id);
  return kept(loaded, ordering, places, progress, signal);
}

async function fileBytes(entry: CatalogueEntry, file: CatalogueFile, progress: Progress, signal?: AbortSignal) {
  const address = addressOf(entry, file);
  const task = `Loading ${entry.title}`;
  // Some hosts send a .gz file as an encoding, and the browser unpacks it: what comes with the page has no size to check.
  if (file.path !== undefined) return download(address, {}, task, progress, { signal });
  const told = (await openSizes()).toldSize(address);
  // Only a listing speaks of the content that is wanted, so only that is held to its size.
  const listed = told?.by === 'listing' && told.instead === null ? told.bytes : null;
  const promised = { ...file, bytes: file.bytes ?? listed ?? undefined };
  return download(address, promised, task, progress, { signal, announced: told?.bytes });
}

/** By the browser's own gzip: files of the page's own build need no parser that distrusts them. */
async function unpacked({ name, bytes }: NamedBytes): Promise<Uint8Array> {
  // Some hosts send a .gz file as an encoding, and the browser has unpacked it.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new InputError(`${name}: arrived damaged or cut off; reload this page.`);
  }
}

async function openKept(
  store: ChunkStore,
  id: string,
  catalogueId: string | null,
  config: LoadConfig,
): Promise<LoadedGraph> {
  const manifest = await readManifest(store, id);
  // Who ordered its rows wants them read from there.
  const ordered = isOrdered(manifest) && config['memory.store'] !== 'memory';
  if (ordered || staysOnDisk(manifestBytes(manifest), config)) return outlined(store, id, catalogueId);
  return described(await loadGraph(store, id), id, catalogueId);
}

async function outlined(store: ChunkStore, id: string, catalogueId: string | null): Promise<LoadedGraph> {
  const graph = await openStored(store, id);
  return { graph, id, catalogueId, fingerprint: graph.manifest.fingerprint };
}

/** What dropped files are read as; nothing is kept. Throws as `dropGraph` where nothing can be corrected. */
export async function previewGraph(
  dropped: readonly DroppedFile[],
  choices: ReadChoices,
  config: LoadConfig,
  places: Places,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Previewed> {
  const files = await openDropped(dropped, progress, signal);
  const { understand } = await openUnderstanding();
  const { understood, graph } = understand(files, choices);
  const kept = graph !== null && present(places).length > 0;
  const stays = kept && staysOnDisk(storedBytes(graph, DEFAULTS['memory.chunkBytes']), config);
  return { ...understood, staysOnDisk: stays };
}

/** @throws InputError with the file and the place where something is wrong, the reason of an aborted `signal`; nothing is kept then */
export async function dropGraph(
  dropped: readonly DroppedFile[],
  choices: ReadChoices,
  ordering: OrderingName,
  places: Places,
  progress: Progress,
  signal?: AbortSignal,
): Promise<LoadedGraph> {
  const graph = arrange((await openDropped(dropped, progress, signal)).read(choices), choices);
  const id = await fingerprint(graph);
  return kept({ graph, id, catalogueId: null, fingerprint: id }, ordering, places, progress, signal);
}

/**
 * Forgets a graph; of an embedded one only the copy that sampled runs read from.
 *
 * @throws InputError where a run reads it or a tab stores it
 */
export async function removeDataset(id: string, places: Places): Promise<void> {
  if (await ifFree(id, () => deleteFrom(places, id))) return;
  throw new InputError('This graph is being read or stored in another tab: delete it when that is done.');
}

async function described(graph: Graph, id: string, catalogueId: string | null) {
  return { graph, id, catalogueId, fingerprint: await fingerprint(graph) };
}

/** A graph that has just been read, kept where there is a store; one whose rows were to be ordered is read from there. */
async function kept(
  loaded: LoadedGraph & { readonly graph: Graph },
  ordering: OrderingName,
  places: Places,
  progress: Progress,
  signal?: AbortSignal,
): Promise<LoadedGraph> {
  const { graph, id, catalogueId } = loaded;
  const place = (await placeOf(places, id)) ?? (await placeToKeep(places, graphBytes(graph)));
  if (!place) return loaded;
  // In chunks as runs read them. Where another tab is busy with it, the graph is there already, or soon will be.
  const chunkBytes = DEFAULTS['memory.chunkBytes'];
  const store = places[place]!;
  const written = await ifFree(id, () =>
    ingest(graph, store, { id, chunkBytes, ordering, onProgress: progress, signal }),
  );
  if (!written && ordering !== 'none') {
    throw new InputError('Another tab reads or stores this graph, as it is: choose it again when that is done.');
  }
  return ordering === 'none' ? loaded : outlined(store, id, catalogueId);
}
