import { InputError } from '../config/errors.ts';
import { graphName } from './csv.ts';
import { type EdgeColumns, edgeColumns, isEdgeHeader } from './edgeColumns.ts';
import {
  denseNumbering,
  growingEdges,
  isDense,
  type KnownIds,
  type NodeOf,
  nodeByName,
  nodeByTable,
  readEdge,
} from './edgeList.ts';
import type { SelfLoops } from './graphData.ts';
import type { EdgeBlock, GraphStream } from './graphStream.ts';
import { cutTable, PIECE_BYTES, type RereadableFile, SCAN_BYTES, scanPieces } from './pieces.ts';
import type { TableChoice } from './readChoices.ts';
import type { TextTable } from './textTable.ts';

/**
 * An edge list that is too long to be held: the same graph as `readEdgeList` gives, read from the file twice or three
 * times, first for its ids and then, whenever the blocks are asked for, for its edges. In memory are the names of the nodes
 * where they have any, and a piece of the file.
 */
export interface EdgeListOptions {
  readonly directed: boolean;
  /** Default: drop. */
  readonly selfLoops?: SelfLoops;
  /** Where a node table defines the nodes. */
  readonly known?: KnownIds;
  readonly choice?: TableChoice;
  readonly signal?: AbortSignal;
  /** Bytes that were read to find out the ids. */
  readonly onProgress?: (bytes: number) => void;
}

/** Ids of which one bit each is kept at a first reading: 16 MiB at the most. */
const NOTED_IDS = 2 ** 27;
/** What a name takes besides its letters in a Map and a list, by the layout of strings and tables in V8: an estimate. */
const NAME_BYTES = 64;
/** Of a piece: edges of at least 4 bytes, in arrays that grow by doubling and are copied once. */
const BLOCK_BYTES = (3 * 12 * PIECE_BYTES) / 4;

/** @throws InputError as readEdgeList, or where a line is too long to be held; the signal's reason */
export async function edgeListStream(file: RereadableFile, options: EdgeListOptions): Promise<GraphStream> {
  const table = await cutTable(file, isEdgeHeader, options.choice);
  const where = file.name;
  const { columns, notes } = edgeColumns(table, options.choice);
  const source = { file, table, columns };
  const { edges, nodes, nodeIds, nodeOf } = await numberIds(source, notes, options);
  return {
    name: graphName(where),
    nodes,
    edges,
    directed: options.directed,
    selfLoops: options.selfLoops,
    weighted: columns.weight !== null,
    edgeBlocks: () => edgeBlocks(source, nodeOf, options.signal),
    features: null,
    labels: null,
    classNames: [],
    splits: [],
    nodeIds,
    positions: null,
    notes,
    hostBytes: BLOCK_BYTES + SCAN_BYTES + namesBytes(nodeIds ?? []),
  };
}

/** What the names of nodes and the table that finds them take in memory, as near as JavaScript tells. */
export function namesBytes(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + NAME_BYTES + 2 * name.length, 0);
}

interface Source {
  readonly file: RereadableFile;
  readonly table: TextTable;
  readonly columns: EdgeColumns;
}

interface Numbered {
  readonly edges: number;
  readonly nodes: number;
  readonly nodeIds: readonly string[] | null;
  readonly nodeOf: NodeOf;
}

async function numberIds(source: Source, notes: string[], options: EdgeListOptions): Promise<Numbered> {
  const where = source.file.name;
  if (options.known) {
    const nodeOf = nodeByTable(source.table, options.known);
    const edges = await countEdges(source, options, nodeOf);
    return { edges: edges!, nodes: options.known.count, nodeIds: null, nodeOf };
  }
  const noted = idSet(NOTED_IDS);
  let [lowest, highest] = [Infinity, 0];
  const edges = await countEdges(source, options, (row, column) => {
    const id = row.id(column);
    if (id < 0) return id;
    if (id < lowest) lowest = id;
    if (id > highest) highest = id;
    noted.add(id);
    return id;
  });
  if (edges === 0) throw new InputError(`${where}: holds no edges; check that this is the right file.`);
  if (edges !== null) {
    let ids = noted;
    if (highest >= NOTED_IDS && isDense(highest, 2 * edges)) {
      ids = idSet(highest + 1);
      await countEdges(source, options, (row, column) => ids.add(row.id(column)));
    }
    const seen = { edges, lowest, highest, distinct: ids.count };
    const numbering = denseNumbering(seen, where, notes);
    if (numbering) {
      const { base, nodes, nodeIds } = numbering;
      return { edges, nodes, nodeIds, nodeOf: (row, column) => row.id(column) - base };
    }
  }
  const numbers = new Map<string, number>();
  const nodeOf = nodeByName(source.table, numbers);
  const named = await countEdges(source, options, nodeOf);
  return { edges: named!, nodes: numbers.size, nodeIds: [...numbers.keys()], nodeOf };
}

/** Null where `nodeOf` returned -1. */
async function countEdges(source: Source, options: EdgeListOptions, nodeOf: NodeOf): Promise<number | null> {
  const { file, table, columns } = source;
  let edges = growingEdges(columns);
  let count = 0;
  let complete = true;
  const visit = (row: Parameters<NodeOf>[0]) => {
    complete = readEdge(row, table, columns, nodeOf, edges);
    return complete;
  };
  for await (const bytes of scanPieces(file, table, visit, options.signal)) {
    count += edges.source.length;
    edges = growingEdges(columns);
    options.onProgress?.(bytes);
  }
  return complete ? count : null;
}

async function* edgeBlocks({ file, table, columns }: Source, nodeOf: NodeOf, signal?: AbortSignal) {
  let edges = growingEdges(columns);
  const visit = (row: Parameters<NodeOf>[0]) => readEdge(row, table, columns, nodeOf, edges);
  for await (const _ of scanPieces(file, table, visit, signal)) {
    const { source, target, weight } = edges;
    edges = growingEdges(columns);
    yield { source: source.finish(), target: target.finish(), weight: weight?.finish() ?? null } satisfies EdgeBlock;
  }
}

/** A set of integers below `bound`, a bit for each; grows by doubling. Those beyond are not kept. */
function idSet(bound: number) {
  let bits = new Uint8Array(1024);
  return {
    add(id: number): number {
      if (id >= bound) return id;
      if (id >>> 3 >= bits.length) {
        const more = new Uint8Array(Math.min(Math.ceil(bound / 8), 2 ** Math.ceil(Math.log2((id >>> 3) + 1))));
        more.set(bits);
        bits = more;
      }
      bits[id >>> 3] |= 1 << (id & 7);
      return id;
    },
    count(): number {
      let count = 0;
      for (let byte of bits) for (; byte > 0; byte &= byte - 1) count++;
      return count;
    },
  };
}
