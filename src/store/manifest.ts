import { InputError } from '../config/errors.ts';
import { crc32 } from '../formats/crc32.ts';
import { ORDERING_NAMES, type OrderingName } from '../graph/ordering.ts';
import type { TableName } from '../graph/request.ts';
import type { ChunkStore } from './chunkStore.ts';

/**
 * The table of contents of a stored graph. A graph is a few typed arrays, each cut into chunks of `chunkBytes` (the last one
 * shorter), little-endian; a row may lie across chunks. The manifest is written last: a graph without one does not exist.
 */
export interface Manifest {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  readonly nodes: number;
  readonly edges: number;
  readonly symmetric: boolean;
  readonly classNames: readonly string[];
  readonly notes: readonly string[];
  readonly fingerprint: string;
  /** Size of the largest feature, which tells whether halves hold them; graphs that were stored before it was noted lack it. */
  readonly largestFeature?: number;
  /** How its rows are ordered, if they are; graphs that were ordered before it was noted lack it. */
  readonly ordering?: OrderingName;
  /** A multiple of 4, so that no number lies across chunks. */
  readonly chunkBytes: number;
  readonly tables: Readonly<Record<TableName, TableShape>>;
  readonly arrays: readonly StoredArray[];
}

export interface TableShape {
  readonly kind: 'sparse' | 'dense';
  readonly rows: number;
  readonly cols: number;
}

export interface StoredArray {
  /**
   * `table.indptr`, `table.indices` and `table.values` of a table; `nodeIds` and `featureNames` (JSON); `positions`. Where the rows of neighbours
   * and features lie in another order than the nodes, `order` lists the nodes by their positions, and the arrays that follow it
   * begin with `ordered.`; row offsets and all else stay in the order of the nodes.
   */
  readonly name: string;
  readonly type: keyof typeof ELEMENTS;
  readonly length: number;
  /** CRC-32 of each chunk. */
  readonly checksums: readonly number[];
}

export const ELEMENTS = { u8: Uint8Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array } as const;
export type ElementArray = Uint8Array | Uint32Array | Int32Array | Float32Array;
export const TABLES: readonly TableName[] = ['neighbors', 'features', 'degree', 'labels', 'split'];
const VALUE_TYPES = { neighbors: 'f32', features: 'f32', degree: 'f32', labels: 'i32', split: 'u8' } as const;

// Deletion is by prefix: ".json" and "/" end a key where an id, which has neither, could go on.
const MANIFESTS = 'manifest/';
export const manifestKey = (id: string) => `${MANIFESTS}${id}.json`;
/** What is known of a graph beside its manifest, and can be found out again. */
export const probesKey = (id: string) => `probes/${id}.json`;
const CHUNKS = 'chunk/';
export const chunkFolder = (id: string) => `${CHUNKS}${id}/`;
/** Edges on their way to their rows while a graph is stored. A folder for each bucket, so that a store can drop it whole. */
const BUCKETS = 'bucket-';
export const bucketFolder = (id: string, bucket: number) => `${BUCKETS}${bucket}/${id}/`;
export const chunkKey = (id: string, array: string, chunk: number) => `${chunkFolder(id)}${array}/${chunk}`;

export const byteLength = (array: StoredArray) => array.length * ELEMENTS[array.type].BYTES_PER_ELEMENT;
/** By the name that it has without an ordering. */
export const findArray = (arrays: readonly StoredArray[], name: string) =>
  arrays.find((array) => array.name === name || array.name === orderedName(name));

export const ORDER = 'order';
const ORDERED = 'ordered.';
export const orderedName = (name: string) => ORDERED + name;
export const ORDERED_TABLES = ['neighbors', 'features'] as const satisfies TableName[];
/** Whether an ordering rearranges this array. */
export const isOfRows = (name: string) => /^(neighbors|features)\.(indices|values)$/.test(name);
/** Whether chunks of this array are read row by row: row offsets are read once, the rest is for whoever shows the graph. */
export const isServed = (name: string) =>
  /^(ordered\.)?(neighbors|features|degree|labels|split)\.(indices|values)$/.test(name);
/** Whether the rows lie in another order than the nodes. */
export const isOrdered = ({ arrays }: Pick<Manifest, 'arrays'>) => arrays.some(({ name }) => name === ORDER);
/** Null where they are in some order that was not noted. */
export const orderingOf = (manifest: Pick<Manifest, 'arrays' | 'ordering'>): OrderingName | null =>
  isOrdered(manifest) ? (manifest.ordering ?? null) : 'none';

/** The stored graphs; the manifest is null where it is damaged, and all one can do with that graph is delete it. */
export async function listGraphs(store: ChunkStore): Promise<{ id: string; manifest: Manifest | null }[]> {
  const ids = (await store.keys(MANIFESTS)).map((key) => key.slice(MANIFESTS.length, -'.json'.length));
  return Promise.all(ids.map(async (id) => ({ id, manifest: await findManifest(store, id) })));
}

/** Ids with this prefix under which anything lies, though it be half a graph without a manifest. */
export async function storedIds(store: ChunkStore, prefix: string): Promise<string[]> {
  const manifests = await store.keys(MANIFESTS + prefix);
  const chunks = await store.keys(CHUNKS + prefix);
  const buckets = (await store.keys(BUCKETS)).map((key) => key.split('/')[1]);
  const ids = [
    ...buckets.filter((id) => id.startsWith(prefix)),
    ...manifests.map((key) => key.slice(MANIFESTS.length, -'.json'.length)),
    ...chunks.map((key) => key.slice(CHUNKS.length, key.indexOf('/', CHUNKS.length))),
  ];
  return [...new Set(ids)];
}

/** The manifest goes first: deleting half-way leaves no graph behind, only chunks that the next ingest of that id clears. */
export async function deleteGraph(store: ChunkStore, id: string): Promise<void> {
  await store.delete(manifestKey(id));
  await store.delete(probesKey(id));
  await store.delete(chunkFolder(id));
  const buckets = (await store.keys(BUCKETS)).filter((key) => key.split('/')[1] === id);
  for (const folder of new Set(buckets.map((key) => key.slice(0, key.lastIndexOf('/') + 1))))
    await store.delete(folder);
}

/** Null where there is no such graph or its manifest is damaged. */
export async function findManifest(store: ChunkStore, id: string): Promise<Manifest | null> {
  return parse(await store.get(manifestKey(id)), id);
}

/** Throws InputError where there is no such graph or its manifest is damaged. */
export async function readManifest(store: ChunkStore, id: string): Promise<Manifest> {
  const bytes = await store.get(manifestKey(id));
  if (!bytes) throw new InputError(`There is no graph ${id} in the ${store.kind} store: load its file first.`);
  const manifest = parse(bytes, id);
  if (manifest) return manifest;
  throw new InputError(`The manifest of graph ${id} is damaged: delete the graph and load its file again.`);
}

/** JSON, and its CRC-32 in hexadecimal on a line of its own. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const json = JSON.stringify(manifest);
  return new TextEncoder().encode(`${json}\n${checksumOf(new TextEncoder().encode(json))}`);
}

const CHECKSUM_DIGITS = 8;
const checksumOf = (json: Uint8Array) => crc32(json).toString(16).padStart(CHECKSUM_DIGITS, '0');

function parse(bytes: Uint8Array | null, id: string): Manifest | null {
  if (!bytes) return null;
  try {
    const text = (part: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(part);
    const json = bytes.subarray(0, -CHECKSUM_DIGITS - 1);
    if (text(bytes.subarray(json.length)) !== `\n${checksumOf(json)}`) return null;
    const value: unknown = JSON.parse(text(json));
    return isManifest(value) && value.id === id ? value : null;
  } catch {
    return null;
  }
}

/** Checks types, and that lengths agree with each other: whoever reads the chunks allocates by them. */
function isManifest(value: unknown): value is Manifest {
  if (!isObject(value)) return false;
  const { version, id, name, fingerprint, nodes, edges, symmetric, classNames, notes } = value;
  const { largestFeature, ordering, chunkBytes, tables, arrays } = value;
  if (version !== 1 || ![id, name, fingerprint].every(isText) || typeof symmetric !== 'boolean') return false;
  if (!isCount(nodes) || !isCount(edges) || !isCount(chunkBytes) || chunkBytes === 0 || chunkBytes % 4) return false;
  if (largestFeature !== undefined && !(Number.isFinite(largestFeature) && (largestFeature as number) >= 0))
    return false;
  if (ordering !== undefined && !ORDERING_NAMES.some((name) => name === ordering)) return false;
  if (!isListOf(classNames, isText) || !isListOf(notes, isText) || !isObject(tables)) return false;
  if (!isListOf(arrays, (array) => isStoredArray(array, chunkBytes)) || !agreesOnOrder(arrays, nodes)) return false;
  return TABLES.every((table) => isShape(tables[table], nodes) && isComplete(table, tables[table], arrays));
}

function isStoredArray(value: unknown, chunkBytes: number): value is StoredArray {
  if (!isObject(value)) return false;
  const { name, type, length, checksums } = value;
  if (!isText(name) || !isText(type) || !Object.hasOwn(ELEMENTS, type) || !isCount(length)) return false;
  return isListOf(checksums, isCount) && checksums.length === Math.ceil(byteLength(value as never) / chunkBytes);
}

/** With an order, all arrays of rows follow it; without one, none does. */
function agreesOnOrder(arrays: readonly StoredArray[], nodes: number): boolean {
  const order = arrays.find(({ name }) => name === ORDER);
  if (order && (order.type !== 'u32' || order.length !== nodes)) return false;
  return !arrays.some(({ name }) => (order ? isOfRows(name) : name.startsWith(ORDERED)));
}

function isShape(value: unknown, nodes: number): value is TableShape {
  return (
    isObject(value) && ['sparse', 'dense'].includes(value.kind as string) && value.rows === nodes && isCount(value.cols)
  );
}

function isComplete(table: TableName, { kind, rows, cols }: TableShape, arrays: readonly StoredArray[]): boolean {
  const [indptr, indices, values] = ['indptr', 'indices', 'values'].map((part) =>
    findArray(arrays, `${table}.${part}`),
  );
  if (values && values.type !== VALUE_TYPES[table]) return false;
  if (kind === 'dense') return table !== 'neighbors' && values?.length === rows * cols;
  if (table === 'degree' || table === 'split') return false;
  if (table === 'neighbors' && cols !== rows) return false;
  if (indptr?.type !== 'u32' || indptr.length !== rows + 1 || indices?.type !== 'u32') return false;
  return !values || values.length === indices.length;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isListOf = <T>(value: unknown, test: (item: unknown) => item is T): value is T[] =>
  Array.isArray(value) && value.every(test);
