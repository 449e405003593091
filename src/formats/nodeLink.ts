/**
 * JSON node-link, as NetworkX's node_link_data writes it and D3 reads it:
 *
 *   { "nodes": [{ "id": …, …attributes }], "links" or "edges": [{ "source": id, "target": id, "weight": … }] }
 *
 * https://networkx.org/documentation/stable/reference/readwrite/generated/networkx.readwrite.json_graph.node_link_data.html
 * Ids are text, integers, or lists of them (NetworkX's tuples). Nodes without `id` are told by `name`, or by their
 * position in the list. What attributes are is in nodeAttributes.ts. JSON that is laid out as Wiki-CS is read in wikiCs.ts.
 */
import { InputError } from '../config/errors.ts';
import type { GraphData } from './graphData.ts';
import { growingFloats } from './growing.ts';
import { gunzip, isGzip } from './gzip.ts';
import { MAX_JSON_BYTES, parseJson } from './json.ts';
import type { Fields } from './nodeAttributes.ts';
import { listNames, readNodeAttributes } from './nodeAttributes.ts';
import { quote } from './textTable.ts';
import { isWikiCs, readWikiCs } from './wikiCs.ts';

const LINKS = ['links', 'edges'];
const WEIGHTS = ['weight', 'value'];
/** `key` numbers the parallel edges of a multigraph; the graph keeps them all as it is. */
const LINK_FIELDS = ['source', 'target', 'key'];

/**
 * Reads a graph from JSON, packed with gzip or not; `name` is the file's name. Edges as the file lists them.
 * @throws InputError where it is no JSON, no node-link graph, or a link names a node that is not there
 */
export function readNodeLink(bytes: Uint8Array, name: string): GraphData {
  const json = parseJson(isGzip(bytes) ? gunzip(bytes, name, MAX_JSON_BYTES) : bytes, name);
  const root: Fields = isFields(json) ? json : {};
  const graphName = name.replace(/(\.json)?(\.gz)?$/i, '');
  if (isWikiCs(root)) return { name: graphName, ...readWikiCs(root, name) };
  const linksKey = LINKS.find((key) => Array.isArray(root[key])) ?? 'links';
  if (!Array.isArray(root.nodes) || !Array.isArray(root[linksKey])) {
    throw new InputError(
      `${name}: is no node-link graph; write "nodes" and "links" (or "edges") as lists, as NetworkX's node_link_data does.`,
    );
  }
  const nodes = fieldsOf(root.nodes, 'nodes', name);
  const links = fieldsOf(root[linksKey], linksKey, name);
  const naming = nameNodes(nodes, name);
  const { source, target, byPosition } = readEnds(links, linksKey, naming.numbers, nodes.length, name);
  const { weight, notes } = readWeights(links, linksKey, name);
  const nodeIds = naming.ids?.some((id, node) => id !== String(node)) ? naming.ids : null;
  if (byPosition && nodeIds) notes.push(`${name}: the ends of ${linksKey} are read as positions in the list of nodes.`);
  const attributes = readNodeAttributes(nodes, naming.field, name);
  return {
    name: graphName,
    nodes: nodes.length,
    source,
    target,
    weight,
    ...attributes,
    nodeIds,
    positions: null,
    notes: [...attributes.notes, ...notes],
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(list: readonly unknown[], key: string, where: string): Fields[] {
  if (list.length === 0) throw new InputError(`${where}: holds no ${key}; check that this is the right file.`);
  return list.map((item, i) => {
    if (isFields(item)) return item;
    throw new InputError(`${where}: ${key}[${i}] is no object; write each of the ${key} as { "name": value }.`);
  });
}

/** An id as text, lists as Python prints tuples; null for what is no id. */
function idText(id: unknown): string | null {
  if (typeof id === 'string' || Number.isSafeInteger(id)) return String(id);
  if (!Array.isArray(id)) return null;
  const parts = id.map(idText);
  return parts.includes(null) ? null : `(${parts.join(', ')})`;
}

/** How nodes are told; `field` and `ids` are null and `numbers` empty where their position alone tells them. */
function nameNodes(nodes: readonly Fields[], where: string) {
  const numbers = new Map<string, number>();
  if (nodes[0].id === undefined) {
    const names = nodes.map(({ name }) => name).filter((name) => typeof name === 'string');
    names.forEach((name, node) => {
      numbers.set(name, node);
    });
    if (numbers.size === nodes.length) return { field: 'name', ids: names, numbers };
    return { field: null, ids: null, numbers: new Map<string, number>() };
  }
  const ids = nodes.map(({ id }, node) => {
    const text = idText(id);
    if (text === null) {
      throw new InputError(`${where}: nodes[${node}] has no id; give each node one, text or an integer below 2^53.`);
    }
    if (numbers.has(text)) {
      throw new InputError(`${where}: nodes[${node}] repeats the id ${quote(text)}; give each node one of its own.`);
    }
    numbers.set(text, node);
    return text;
  });
  return { field: 'id', ids, numbers };
}

/** Ends are ids where the first one is; otherwise positions, as in D3 before version 4 and NetworkX before 2. */
function readEnds(
  links: readonly Fields[],
  key: string,
  numbers: ReadonlyMap<string, number>,
  nodes: number,
  where: string,
) {
  const byPosition = typeof links[0].source === 'number' && !numbers.has(String(links[0].source));
  const nodeOf = (end: unknown): number => {
    if (byPosition) return Number.isInteger(end) && Number(end) >= 0 && Number(end) < nodes ? Number(end) : -1;
    return numbers.get(idText(end) ?? '') ?? -1;
  };
  const read = (which: 'source' | 'target') =>
    Uint32Array.from(links, (link, i) => {
      const node = nodeOf(link[which]);
      if (node >= 0) return node;
      const end = link[which];
      const given = idText(end);
      const what =
        given !== null ? `the node ${quote(given)}` : end === undefined ? 'no node' : 'something else than a node';
      const wanted = byPosition ? `a position from 0 to ${nodes - 1}` : 'the id of one of the nodes';
      throw new InputError(`${where}: ${key}[${i}] names ${what} as its ${which}; write ${wanted}.`);
    });
  return { source: read('source'), target: read('target'), byPosition };
}

function readWeights(links: readonly Fields[], key: string, where: string) {
  const notes: string[] = [];
  const weightKey = WEIGHTS.find((field) => links.some((link) => link[field] !== undefined));
  const others = new Set<string>();
  const weights = growingFloats();
  let missing = 0;
  for (const [i, link] of links.entries()) {
    for (const field of Object.keys(link)) if (field !== weightKey && !LINK_FIELDS.includes(field)) others.add(field);
    if (weightKey === undefined) continue;
    const given = link[weightKey] ?? 1;
    if ((link[weightKey] ?? null) === null) missing++;
    if (typeof given !== 'number' || !Number.isFinite(Math.fround(given))) {
      throw new InputError(`${where}: ${key}[${i}] has a '${weightKey}' that is no finite number; correct it.`);
    }
    weights.push(given);
  }
  if (weightKey === 'value') notes.push(`${where}: 'value' is read as the weight of ${key}.`);
  if (missing > 0) notes.push(`${where}: ${missing} ${key} without '${weightKey}' weigh 1.`);
  if (others.size > 0) notes.push(`${where}: left out of ${key}: ${listNames([...others])}.`);
  return { weight: weightKey === undefined ? null : weights.finish(), notes };
}
