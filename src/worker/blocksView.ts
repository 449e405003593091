import type { Config } from '../config/schema.ts';
import type { RowRequest } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive } from '../store/graphStore.ts';
import type { Manifest } from '../store/manifest.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { chunksTouched } from '../store/touched.ts';
import { type HopAccount, type SeedBlocks, sampledBlocks, seedDraw } from '../train/sampledBlocks.ts';
import { graphRows } from './graphRows.ts';
import { named } from './nodeView.ts';
import type { NamedNode } from './protocol.ts';

/** What a batch touches for one of its seeds, as the page is told. */

export interface BlocksRequest {
  /** What runs: of a fitted run with what was fitted. */
  readonly config: Config;
  /** Null: the first seed of the epoch. */
  readonly node: number | null;
  /** From 1. */
  readonly epoch: number;
}

export interface BlocksView {
  readonly epoch: number;
  /** Within the epoch, from 1. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Seeds of its batch; null where it does not train the model. */
  readonly batchSeeds: number | null;
  readonly hops: readonly HopAccount[];
  /** The seed, then per hop the first of the nodes that it added; `more` did not fit the picture. */
  readonly columns: readonly { readonly nodes: readonly NamedNode[]; readonly more: number }[];
  /** Edges between nodes that are shown. */
  readonly links: readonly BlockLink[];
  /** Rows of features that the step gathers for this seed, and their bytes. */
  readonly features: { readonly rows: number; readonly bytes: number };
  /** Chunks of the store with rows that are read; null where the graph is in memory. */
  readonly chunks:
    | { readonly [table in 'neighbors' | 'features']: { readonly touched: number; readonly of: number } }
    | null;
}

/** Column and row of both ends. */
export interface BlockLink {
  readonly source: readonly [number, number];
  readonly target: readonly [number, number];
  /** By which hop it was drawn, from 1. */
  readonly hop: number;
}

/** Nodes that a column has room for. */
const MOST_SHOWN = 20;

/** @param store where the graph lies, if it stays there. Throws InputError as `seedDraw`. */
export async function blocksView(
  graph: AnyGraph,
  { config, node, epoch }: BlocksRequest,
  store: ChunkStore | undefined,
): Promise<BlocksView> {
  const draw = seedDraw(graph, config, node, epoch);
  const rows = await graphRows(graph, store);
  const asked = new Set<string>();
  const serve = (request: RowRequest) => rows.serve(request, asked);
  const blocks = await drive(sampledBlocks(draw, config, new Uint32Array(graph.nodes)), serve);
  const { table } = await serve({ table: 'features', rows: blocks.nodes });
  const bytes = (table.kind === 'sparse' ? table.indices.byteLength : 0) + (table.values?.byteLength ?? 0);
  const { step, stepsPerEpoch, batchSeeds } = draw;
  return {
    ...{ epoch, step, stepsPerEpoch, batchSeeds },
    hops: blocks.hops,
    ...pictureOf(graph, blocks),
    features: { rows: blocks.nodes.length, bytes },
    chunks: isStored(graph) ? chunksOf(graph.manifest, asked) : null,
  };
}

function chunksOf(manifest: Manifest, asked: ReadonlySet<string>): BlocksView['chunks'] {
  const count = (table: 'neighbors' | 'features') => chunksTouched(manifest, table, asked);
  return { neighbors: count('neighbors'), features: count('features') };
}

/** Of each hop the nodes that hang on nodes that are shown, each of those in turn, so that all have some. */
function pictureOf(graph: AnyGraph, { nodes, hops, edges }: SeedBlocks): Pick<BlocksView, 'columns' | 'links'> {
  const columns: number[][] = [[0]];
  for (const [hop, pairs] of edges.entries()) {
    const children = columns.flat().map((): number[] => []);
    const rowOf = new Map(columns.flat().map((place, row) => [place, row]));
    const taken = new Set<number>();
    for (let e = 0; e < pairs.length; e += 2) {
      const row = rowOf.get(pairs[e]);
      if (row === undefined || pairs[e + 1] < hops[hop].targets || taken.has(pairs[e + 1])) continue;
      taken.add(pairs[e + 1]);
      children[row].push(pairs[e + 1]);
    }
    columns.push(inTurn(children, MOST_SHOWN));
  }
  const at = new Map(columns.flatMap((column, c) => column.map((place, row) => [place, [c, row] as const])));
  const links: BlockLink[] = [];
  for (const [hop, pairs] of edges.entries()) {
    for (let e = 0; e < pairs.length; e += 2) {
      const [target, source] = [at.get(pairs[e]), at.get(pairs[e + 1])];
      if (target && source) links.push({ source, target, hop: hop + 1 });
    }
  }
  return {
    columns: columns.map((column, c) => ({
      nodes: column.map((place) => named(graph, nodes[place])),
      more: (c === 0 ? 1 : hops[c - 1].added) - column.length,
    })),
    links,
  };
}

/** At most so many of all lists: the first of each, the second of each, …; given list by list. */
function inTurn(lists: readonly (readonly number[])[], most: number): number[] {
  const shares = lists.map(() => 0);
  for (let left = most, before = -1; left > 0 && left !== before; ) {
    before = left;
    for (let i = 0; i < lists.length && left > 0; i++) {
      if (shares[i] === lists[i].length) continue;
      shares[i]++;
      left--;
    }
  }
  return lists.flatMap((list, i) => list.slice(0, shares[i]));
}
