/**
 * Node-property graphs of the Open Graph Benchmark as its site offers them, a zip of packed CSV without headers:
 *
 *   raw/num-node-list, raw/num-edge-list     one line per graph, here one
 *   raw/edge                                 source,target per edge
 *   raw/node-feat, raw/node-label            one line per node, optional; several columns of labels are a class each, 0 or 1
 *   split/NAME/{train,valid,test}            one node per line, optional
 *   mapping/labelidx2*                       with a header: number of a class, its name; optional
 *
 * https://github.com/snap-stanford/ogb/blob/master/ogb/io/read_graph_raw.py reads the same.
 */
import { InputError } from '../config/errors.ts';
import { isDense } from './edgeList.ts';
import type { GraphData } from './graphData.ts';
import { SPLIT, SPLIT_BY_NAME } from './graphData.ts';
import { gunzip, isGzip } from './gzip.ts';
import { hasLabels, indicatedLabels, type Labels, MOST_CLASSES, numberedClasses } from './labels.ts';
import type { Matrix } from './matrix.ts';
import { matrixOf } from './matrixBuilder.ts';
import { denseRows } from './matrixRows.ts';
import type { NumberRules, NumberTable } from './numberTable.ts';
import { readNumberTable } from './numberTable.ts';
import { openTable, quote } from './textTable.ts';
import { openZip } from './zip.ts';

const EDGES = /^(.*\/)?raw\/(edge|triplet-type-list)\.csv(\.gz)?$/;
const MAX_NODES = 2 ** 26;
const MAX_EDGES = 2 ** 27;
const MOST_GRAPHS = 2 ** 24;
/** Bytes of all splits together. */
const MAX_SPLIT_BYTES = 2 ** 28;
const MAX_MAPPING_BYTES = 2 ** 24;

type Shape = { readonly rows?: number; readonly cols?: number };

/** The tables of an archive by their path below its folder, without `.csv.gz`. */
interface Tables {
  /** Paths in the order of the archive. */
  readonly paths: readonly string[];
  readonly where: (path: string) => string;
  readonly bytes: (path: string) => Uint8Array;
  /** @throws InputError where the table is missing or has another shape */
  readonly read: <T extends Float32Array | Int32Array | Uint32Array>(
    path: string,
    rules: NumberRules<T>,
    shape: Shape,
  ) => NumberTable<T>;
}

/** Whether a zip archive with entries of these names is one of OGB's. */
export function isOgb(names: readonly string[]): boolean {
  return names.some((name) => EDGES.test(name));
}

/**
 * Reads a graph from an archive; `name` is the file's name. Edges as the file lists them.
 * @throws InputError where it is damaged, incomplete, or no single graph with nodes of one kind
 */
export function readOgb(bytes: Uint8Array, name: string): GraphData {
  const { tables, folder } = openTables(bytes, name);
  const nodes = readCount(tables, 'raw/num-node-list', MAX_NODES);
  const { source, target } = readEdges(tables, readCount(tables, 'raw/num-edge-list', MAX_EDGES), nodes);
  const features = readFeatures(tables, nodes);
  const { classes, ...labels } = readLabels(tables, nodes);
  const labelled = hasLabels(labels);
  // Where only the count speaks of them, a few edges must not stand for millions of nodes.
  if (!features && !labelled && !isDense(nodes - 1, 2 * source.length)) {
    throw new InputError(
      `${tables.where('raw/num-node-list')}: speaks of ${nodes} nodes, of which ${source.length} edges are all that is known; ` +
        'give features or labels too.',
    );
  }
  const known = /^raw\/(num-node-list|num-edge-list|edge|node-feat|node-label)$/;
  const unread = tables.paths.filter((path) => path.startsWith('raw/') && !known.test(path));
  return {
    name: folder || name.replace(/\.zip$/i, ''),
    nodes,
    source,
    target,
    weight: null,
    features,
    ...labels,
    classNames: labelled ? readClassNames(tables, classes) : [],
    splits: readSplits(tables, nodes),
    nodeIds: null,
    positions: null,
    notes: unread.length > 0 ? [`Not read: ${tables.where(unread.slice(0, 5).map(quote).join(', '))}.`] : [],
  };
}

function openTables(bytes: Uint8Array, name: string): { tables: Tables; folder: string } {
  const zip = openZip(bytes, name);
  const roots = new Set(zip.names.filter((entry) => EDGES.test(entry)).map((entry) => entry.replace(EDGES, '$1')));
  if (roots.size !== 1) {
    throw new InputError(`${name}: holds ${roots.size} graphs in OGB's layout; give an archive of one.`);
  }
  const [root] = roots;
  const entries = new Map<string, string>();
  for (const entry of zip.names) {
    const path = entry.startsWith(root) && /^(.+)\.csv(\.gz)?$/.exec(entry.slice(root.length))?.[1];
    if (path) entries.set(path, entry);
  }
  if (entries.has('raw/triplet-type-list')) {
    throw new InputError(
      `${name}: has nodes of several kinds; give a graph with nodes of one kind, such as arxiv.zip.`,
    );
  }
  const where = (path: string) => `${name}, ${path}`;
  const bytesOf = (path: string) => {
    const entry = entries.get(path);
    if (entry === undefined) throw new InputError(`${where(path)}: is missing; get the whole archive again.`);
    return zip.unpack(entry);
  };
  const read: Tables['read'] = (path, rules, { rows, cols }) => {
    const table = readNumberTable(bytesOf(path), where(path), rules);
    if ((rows ?? table.rows) === table.rows && (cols ?? table.cols) === table.cols) return table;
    const shape = `${table.rows} × ${table.cols}`;
    throw new InputError(
      `${where(path)}: has the shape ${shape}, not ${rows ?? 'n'} × ${cols ?? 'k'}; get the whole archive again.`,
    );
  };
  const tables = { paths: [...entries.keys()], where, bytes: bytesOf, read };
  return { tables, folder: root.replace(/^.*\/(?=.)|\/$/g, '') };
}

const idsBelow = (limit: number, wanted: string, maxRows: number): NumberRules<Uint32Array> => ({
  make: (length) => new Uint32Array(length),
  maxRows,
  accepts: (value) => Number.isInteger(value) && value >= 0 && value < limit,
  wanted,
});

function readCount(tables: Tables, path: string, most: number): number {
  const rules = idsBelow(most + 1, `a number up to ${most}`, MOST_GRAPHS);
  const { rows, values } = tables.read(path, rules, { cols: 1 });
  if (rows === 1 && values[0] > 0) return values[0];
  const what = rows === 1 ? 'an empty graph' : `${rows} graphs`;
  throw new InputError(
    `${tables.where(path)}: speaks of ${what}; give an archive with one graph, for node prediction.`,
  );
}

function readEdges(tables: Tables, edges: number, nodes: number) {
  const rules = idsBelow(nodes, `a node from 0 to ${nodes - 1}`, edges);
  const { values } = tables.read('raw/edge', rules, { rows: edges, cols: 2 });
  const end = (which: 0 | 1) => {
    const ids = new Uint32Array(edges);
    for (let e = 0; e < edges; e++) ids[e] = values[2 * e + which];
    return ids;
  };
  return { source: end(0), target: end(1) };
}

function readFeatures(tables: Tables, nodes: number): Matrix | null {
  if (!tables.paths.includes('raw/node-feat')) return null;
  const rules: NumberRules<Float32Array> = {
    make: (length) => new Float32Array(length),
    maxRows: nodes,
    accepts: (value) => Number.isFinite(Math.fround(value)),
    wanted: 'a finite number',
  };
  const { rows, cols, values } = tables.read('raw/node-feat', rules, { rows: nodes });
  return matrixOf(rows, cols, values);
}

function readLabels(tables: Tables, nodes: number): Labels & { readonly classes: number } {
  const path = 'raw/node-label';
  if (!tables.paths.includes(path)) return { labels: null, classes: 0 };
  const rules: NumberRules<Int32Array> = {
    make: (length) => new Int32Array(length),
    maxRows: nodes,
    accepts: (value) => Number.isInteger(value) && value >= -1 && value < MOST_CLASSES,
    wanted: `a class from 0 to ${MOST_CLASSES - 1} (-1 or nan for none)`,
    missing: -1,
  };
  const { cols, values } = tables.read(path, rules, { rows: nodes });
  if (cols > 1) {
    const where = tables.where(path);
    return { ...indicatedLabels(denseRows({ shape: [nodes, cols], values }, where), where), classes: cols };
  }
  return { labels: values, classes: values.reduce((most, label) => Math.max(most, label), -1) + 1 };
}

function readClassNames(tables: Tables, classes: number): string[] {
  const names = numberedClasses(classes);
  const path = tables.paths.find((path) => path.startsWith('mapping/labelidx2'));
  if (path === undefined) return names;
  const bytes = tables.bytes(path);
  const where = tables.where(path);
  const table = openTable(isGzip(bytes) ? gunzip(bytes, where, MAX_MAPPING_BYTES) : bytes, where, () => true);
  if (table.width < 2) throw new InputError(`${where}: has one column; give the number and the name of each class.`);
  table.scan((row) => {
    const [code, text] = [row.id(0), row.text(1)];
    if (code >= 0 && code < classes && text !== '') names[code] = text;
    return true;
  });
  return names;
}

/** Every split of the archive, by name. */
function readSplits(tables: Tables, nodes: number): Uint8Array[] {
  const parts = tables.paths.flatMap((path) => {
    const found = /^split\/([\w.-]+)\/(train|valid|test)$/.exec(path);
    return found ? [{ path, split: found[1], code: SPLIT_BY_NAME.get(found[2]) as number }] : [];
  });
  const names = [...new Set(parts.map(({ split }) => split))].sort();
  if (names.length * nodes > MAX_SPLIT_BYTES) {
    throw new InputError(
      `${tables.where('split')}: ${names.length} splits of ${nodes} nodes are too many; remove some.`,
    );
  }
  return names.map((name) => {
    const split = new Uint8Array(nodes);
    for (const { path, code } of parts.filter((part) => part.split === name)) {
      const rules = idsBelow(nodes, `a node from 0 to ${nodes - 1}`, nodes);
      for (const node of tables.read(path, rules, { cols: 1 }).values) {
        if (split[node] !== SPLIT.none) {
          throw new InputError(
            `${tables.where(path)}: node ${node} is in the split '${name}' twice; keep one of them.`,
          );
        }
        split[node] = code;
      }
    }
    return split;
  });
}
