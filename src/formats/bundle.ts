/**
 * A whole graph in one safetensors file, the format of our embedded datasets (`.safetensors`, or `.safetensors.gz`).
 *
 * Metadata: `format` = `edgewise-graph`, `version` = `1`, `name`, `nodes`, `features` (columns, 0 for none), and free
 * text about origin and licence. Tensors, all but `edges` optional:
 *   edges            U8, sorted rows (sortedRows.ts) of the upper triangle: every undirected edge once, target >= source
 *   edges.weight     F32 [edges], in the order of `edges`
 *   features         U8, sorted rows of the columns that are not zero; or F32 [nodes, features], dense
 *   features.values  F32 [stored entries] beside sorted rows; left out where every entry is 1
 *   feature_names    U8, UTF-8, joined by newlines
 *   labels           I32 [nodes], -1 for none; or U8, sorted rows of the classes, where nodes may have several
 *   class_names      U8, UTF-8, joined by newlines
 *   splits           U8 [splits, nodes], SPLIT codes   node_ids     U8, UTF-8, joined by newlines
 *   positions        F32 [nodes, 2] in [0, 1]
 */
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT } from './graphData.ts';
import type { CsrMatrix, Matrix } from './matrix.ts';
import type { Dtype, Tensor } from './safetensors.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { decodeSortedRows, encodeSortedRows } from './sortedRows.ts';

const FORMAT = 'edgewise-graph';
const VERSION = '1';
/** Ids are 32-bit and per-node arrays up to 8 bytes wide must stay allocatable. */
const MAX_NODES = 2 ** 28;

/**
 * Reads a bundle, unpacked. `name` is the file's name: for errors, and the graph's name where the file
 * gives none. Throws InputError on anything inconsistent; every id, label and split code of the result is in range.
 */
export function readBundle(bytes: Uint8Array, name: string): GraphData {
  const { tensors, metadata } = readSafetensors(bytes, name);
  const fail: (what: string) => never = (what) => {
    throw new InputError(`${name}: ${what}; fetch the file again or rebuild it.`);
  };
  if (metadata.get('format') !== FORMAT) fail(`is a safetensors file but not a graph (no format '${FORMAT}')`);
  if (metadata.get('version') !== VERSION) fail(`has the bundle version '${metadata.get('version')}', not ${VERSION}`);
  const count = (key: string): number => {
    const text = metadata.get(key) ?? fail(`has no '${key}' in its metadata`);
    if (!/^(0|[1-9]\d{0,8})$/.test(text) || Number(text) > MAX_NODES) fail(`has the impossible '${key}' ${text}`);
    return Number(text);
  };
  const nodes = count('nodes');
  const cols = count('features');
  if (nodes === 0) fail('has no nodes');

  /** The tensor's data once its dtype and shape (null = any size) are what this file's header promises; null if absent. */
  const take = <T extends Tensor['data']>(key: string, dtype: Dtype, shape: (number | null)[]): T | null => {
    const tensor = tensors.get(key);
    if (!tensor) return null;
    const fits = tensor.shape.length === shape.length && shape.every((n, i) => n === null || n === tensor.shape[i]);
    if (tensor.dtype !== dtype || !fits) {
      const want = shape.map((n) => n ?? 'any').join(', ');
      fail(`has the tensor '${key}' as ${tensor.dtype} [${tensor.shape.join(', ')}] instead of ${dtype} [${want}]`);
    }
    return tensor.data as T;
  };
  const finite = (values: Float32Array, key: string, lo = -Infinity, hi = Infinity): Float32Array => {
    const at = values.findIndex((value) => !(Number.isFinite(value) && value >= lo && value <= hi));
    if (at >= 0) fail(`has ${values[at]} in the tensor '${key}' at entry ${at}`);
    return values;
  };
  const lines = (key: string): string[] | null => {
    const text = take<Uint8Array>(key, 'U8', [null]);
    if (!text) return null;
    if (text.length === 0) return [];
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text).split('\n');
    } catch {
      return fail(`has the tensor '${key}', which is not UTF-8`);
    }
  };

  const edgeBytes = take<Uint8Array>('edges', 'U8', [null]) ?? fail("has no tensor 'edges'");
  const edges = decodeSortedRows(edgeBytes, nodes, nodes, 'row', (what) => fail(`the tensor 'edges' ${what}`));
  const source = new Uint32Array(edges.indices.length);
  for (let row = 0; row < nodes; row++) source.fill(row, edges.indptr[row], edges.indptr[row + 1]);
  const weight = take<Float32Array>('edges.weight', 'F32', [source.length]);

  let features: Matrix | null = null;
  if (tensors.get('features')?.dtype === 'F32') {
    const values = take<Float32Array>('features', 'F32', [nodes, cols]) as Float32Array;
    features = { kind: 'dense', rows: nodes, cols, values: finite(values, 'features') };
  } else if (cols > 0) {
    const packed = take<Uint8Array>('features', 'U8', [null]) ?? fail("has no tensor 'features'");
    const rows = decodeSortedRows(packed, nodes, cols, 'zero', (what) => fail(`the tensor 'features' ${what}`));
    const values = take<Float32Array>('features.values', 'F32', [rows.indices.length]);
    features = { kind: 'sparse', rows: nodes, cols, ...rows, values: values && finite(values, 'features.values') };
  }

  const featureNames = lines('feature_names');
  if (featureNames && featureNames.length !== cols) fail(`names ${featureNames.length} features but has ${cols}`);

  const classNames = lines('class_names') ?? [];
  let labels: Int32Array | null = null;
  let labelSets: CsrMatrix | null = null;
  if (tensors.get('labels')?.dtype === 'U8') {
    const packed = take<Uint8Array>('labels', 'U8', [null]) as Uint8Array;
    const cols = classNames.length;
    const sets = decodeSortedRows(packed, nodes, cols, 'zero', (what) => fail(`the tensor 'labels' ${what}`));
    labelSets = { kind: 'sparse', rows: nodes, cols, ...sets, values: null };
  } else labels = take<Int32Array>('labels', 'I32', [nodes]);
  const badLabel = labels?.findIndex((label) => label < -1 || label >= classNames.length) ?? -1;
  if (badLabel >= 0) fail(`gives node ${badLabel} the class ${labels?.[badLabel]} of ${classNames.length}`);
  const codes = take<Uint8Array>('splits', 'U8', [null, nodes]) ?? new Uint8Array(0);
  const badCode = codes.findIndex((code) => code > SPLIT.test);
  if (badCode >= 0) fail(`gives node ${badCode % nodes} the split code ${codes[badCode]}`);
  const nodeIds = lines('node_ids');
  if (nodeIds && nodeIds.length !== nodes) fail(`names ${nodeIds.length} nodes but has ${nodes}`);
  const positions = take<Float32Array>('positions', 'F32', [nodes, 2]);
  return {
    name: metadata.get('name') ?? name,
    nodes,
    source,
    target: edges.indices,
    weight: weight && finite(weight, 'edges.weight'),
    features,
    featureNames,
    labels,
    labelSets,
    classNames,
    splits: Array.from({ length: codes.length / nodes }, (_, i) => codes.subarray(i * nodes, (i + 1) * nodes)),
    nodeIds,
    positions: positions && finite(positions, 'positions', 0, 1),
    notes: [],
  };
}

/**
 * Writes a graph as an undirected bundle, not packed; `about` adds metadata (origin, licence). Each edge is kept once in
 * either direction. `notes` are not kept. Throws InputError where a name holds a newline or where the two directions of
 * an edge, or its duplicates, carry different weights.
 */
export function writeBundle(data: GraphData, about: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const put = (key: string, dtype: Dtype, bytes: Tensor['data'], shape: number[] = [bytes.length]) =>
    tensors.set(key, { dtype, shape, data: bytes });
  const putLines = (key: string, names: readonly string[]) => {
    const bad = names.find((text) => text.includes('\n'));
    if (bad !== undefined)
      throw new InputError(`${data.name}: '${bad}' holds a line break; rename it to save the graph.`);
    put(key, 'U8', new TextEncoder().encode(names.join('\n')));
  };

  const edges = undirected(data);
  put('edges', 'U8', encodeSortedRows(edges, 'row'));
  if (edges.weight) put('edges.weight', 'F32', edges.weight);
  const { features } = data;
  if (features?.kind === 'dense') put('features', 'F32', features.values, [features.rows, features.cols]);
  if (features?.kind === 'sparse') {
    put('features', 'U8', encodeSortedRows(features, 'zero'));
    if (features.values) put('features.values', 'F32', features.values);
  }
  if (data.featureNames) putLines('feature_names', data.featureNames);
  if (data.labels) put('labels', 'I32', data.labels);
  if (data.labelSets) put('labels', 'U8', encodeSortedRows(data.labelSets, 'zero'));
  if (data.classNames.length > 0) putLines('class_names', data.classNames);
  if (data.splits.length > 0) {
    const codes = new Uint8Array(data.splits.length * data.nodes);
    data.splits.forEach((split, i) => {
      codes.set(split, i * data.nodes);
    });
    put('splits', 'U8', codes, [data.splits.length, data.nodes]);
  }
  if (data.nodeIds) putLines('node_ids', data.nodeIds);
  if (data.positions) put('positions', 'F32', data.positions, [data.nodes, 2]);
  const metadata = new Map(about)
    .set('format', FORMAT)
    .set('version', VERSION)
    .set('name', data.name)
    .set('nodes', String(data.nodes))
    .set('features', String(features?.cols ?? 0));
  return writeSafetensors(tensors, metadata);
}

/** The upper triangle in CSR, each edge once. */
function undirected({ name, nodes, source, target, weight }: GraphData) {
  const low = source.map((s, e) => Math.min(s, target[e]));
  const high = source.map((s, e) => Math.max(s, target[e]));
  const order = Uint32Array.from(source.keys()).sort((a, b) => low[a] - low[b] || high[a] - high[b] || a - b);
  const kept: number[] = [];
  for (const e of order) {
    const last = kept[kept.length - 1];
    if (last === undefined || low[last] !== low[e] || high[last] !== high[e]) kept.push(e);
    else if (weight && weight[last] !== weight[e]) {
      throw new InputError(
        `${name}: the edge ${low[e]} - ${high[e]} has two weights, ${weight[last]} and ${weight[e]}; make it symmetric.`,
      );
    }
  }
  const indptr = new Uint32Array(nodes + 1);
  for (const e of kept) indptr[low[e] + 1]++;
  for (let v = 0; v < nodes; v++) indptr[v + 1] += indptr[v];
  return {
    indptr,
    indices: Uint32Array.from(kept, (e) => high[e]),
    weight: weight && Float32Array.from(kept, (e) => weight[e]),
  };
}
