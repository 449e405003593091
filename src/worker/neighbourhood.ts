import type { SampledBatch } from '../graph/block.ts';
import { concentric } from '../graph/concentric.ts';
import { sampleNeighbors } from '../graph/neighborSampler.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive } from '../store/graphStore.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import type { Predictions } from '../train/predictions.ts';
import { graphRows } from './graphRows.ts';
import { findNode, named } from './nodeView.ts';
import type { NamedNode } from './protocol.ts';

/** A sample of what lies around one node, for graphs that are too large to be drawn whole. */

export interface NeighbourhoodRequest {
  /** Name or number; null: any node, one with neighbours where that is soon found. */
  readonly which: string | number | null;
  /** Another number is another sample. */
  readonly draw: number;
}

export interface NeighbourhoodView {
  /** The node in the middle first. */
  readonly nodes: readonly NamedNode[];
  /** How many edges away each was reached. */
  readonly hops: Uint8Array;
  /** How many neighbours each has in the whole graph. */
  readonly degrees: Uint32Array;
  /** Its code in each split, split by split. */
  readonly splits: readonly Uint8Array[];
  /** Pairs of places in `nodes`, each undirected edge once. */
  readonly edges: Uint32Array;
  /** x and y of each in 0..1. */
  readonly positions: Float32Array;
  /** Class and confidence that the last run gives each; null where none was collected. */
  readonly predicted: { readonly classes: Uint16Array; readonly confidence: Uint8Array } | null;
}

/** From the middle outwards: at most 1 + 20 + 21 × 12 = 273 nodes. */
const FAN_OUT = [20, 12] as const;
/** Tries to find a node that has neighbours. */
const TRIES = 100;
const USE_PICTURE = 0x91c7;

/**
 * @param store where the graph lies, if it stays there
 * @throws InputError where there is no such node, or its rows are damaged
 */
export async function neighbourhood(
  graph: AnyGraph,
  { which, draw }: NeighbourhoodRequest,
  store: ChunkStore | undefined,
  predictions: Predictions | null,
): Promise<NeighbourhoodView> {
  const seed = which === null ? anyNode(graph) : findNode(graph, which);
  const key = deriveKey(seedKey(draw), USE_PICTURE, 0);
  const sample = sampleNeighbors(Uint32Array.of(seed), FAN_OUT, key, new Uint32Array(graph.nodes));
  const { serve } = await graphRows(graph, store);
  const { nodes, hops, parents, edges } = treeOf(await drive(sample, serve));
  const { indptr } = graph.adjacency;
  return {
    nodes: Array.from(nodes, (node) => named(graph, node)),
    hops,
    degrees: Uint32Array.from(nodes, (node) => indptr[node + 1] - indptr[node]),
    splits: graph.splits.map((split) => Uint8Array.from(nodes, (node) => split[node])),
    edges,
    positions: concentric(parents, hops),
    predicted: predictions && {
      classes: Uint16Array.from(nodes, (node) => predictions.classes[node]),
      confidence: Uint8Array.from(nodes, (node) => predictions.confidence[node]),
    },
  };
}

function anyNode({ nodes, adjacency: { indptr } }: AnyGraph): number {
  let node = 0;
  for (let tries = 0; tries < TRIES; tries++) {
    node = Math.floor(Math.random() * nodes);
    if (indptr[node + 1] > indptr[node]) break;
  }
  return node;
}

/** Of the sample around one seed: its nodes, each with the one through which it was reached first, and the edges, whichever way they go, once. */
function treeOf({ seeds, blocks }: SampledBatch) {
  const outwards = blocks.toReversed();
  const found = outwards.at(-1)?.nodes ?? seeds;
  const parents = new Uint32Array(found.length);
  const hops = new Uint8Array(found.length);
  const pairs = new Map<number, readonly [number, number]>();
  for (const { targets, adjacency } of outwards) {
    const reached = new Set<number>();
    for (let target = 0; target < targets; target++) {
      for (let e = adjacency.indptr[target]; e < adjacency.indptr[target + 1]; e++) {
        const source = adjacency.indices[e];
        const [low, high] = [Math.min(source, target), Math.max(source, target)];
        if (low < high) pairs.set(low * found.length + high, [low, high]);
        if (source < targets || reached.has(source)) continue;
        reached.add(source);
        parents[source] = target;
        // The middle draws once more with the ring around it: what it finds then is as near as what it found first.
        hops[source] = hops[target] + 1;
      }
    }
  }
  return { nodes: found, hops, parents, edges: Uint32Array.from([...pairs.values()].flat()) };
}
