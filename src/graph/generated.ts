import { InputError } from '../config/errors.ts';
import type { GraphData } from '../formats/graphData.ts';

/**
 * A graph that is produced in pieces, however large it is: every number is a function of the seed and of what it
 * belongs to (an edge's number, a node), so that any piece can be made at any time, in any order, on any thread, and is
 * the same.
 */
export interface GeneratedGraph {
  readonly name: string;
  readonly nodes: number;
  /** Exactly as many are produced, none of them a self-loop; duplicates may be among them. */
  readonly edges: number;
  /** False: each edge is produced in one direction and stands for both. */
  readonly directed: boolean;
  /** Columns of the features, which are dense. */
  readonly features: number;
  readonly classNames: readonly string[];
  readonly blocks: number;
  /** Edges BLOCK_EDGES · index and those that follow, in arrays of the caller's own. The last block is shorter. */
  readonly edgeBlock: (index: number) => EdgeBlock;
  /** All blocks in order. */
  readonly edgeBlocks: () => Iterable<EdgeBlock>;
  /** Writes out[0..features). */
  readonly featureRow: (node: number, out: Float32Array) => void;
  readonly label: (node: number) => number;
  /** A SPLIT code. */
  readonly split: (node: number) => number;
}

export interface EdgeBlock {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
}

/** Half a megabyte: small beside any budget, large beside the cost of a message or a write. */
export const BLOCK_EDGES = 2 ** 16;
export const BLOCK_BYTES = 2 * Uint32Array.BYTES_PER_ELEMENT * BLOCK_EDGES;

/** Writes the two ends of an edge, a function of its number alone. */
export type DrawEdge = (edge: number, ends: Uint32Array) => void;

/** The edges of a generated graph, cut into blocks. */
export function inBlocks(
  edges: number,
  draw: DrawEdge,
): Pick<GeneratedGraph, 'edges' | 'blocks' | 'edgeBlock' | 'edgeBlocks'> {
  const blocks = Math.ceil(edges / BLOCK_EDGES);
  const ends = new Uint32Array(2);
  const edgeBlock = (index: number): EdgeBlock => {
    const begin = index * BLOCK_EDGES;
    const length = Math.min(BLOCK_EDGES, edges - begin);
    const [source, target] = [new Uint32Array(length), new Uint32Array(length)];
    for (let i = 0; i < length; i++) {
      draw(begin + i, ends);
      source[i] = ends[0];
      target[i] = ends[1];
    }
    return { source, target };
  };
  function* edgeBlocks() {
    for (let index = 0; index < blocks; index++) yield edgeBlock(index);
  }
  return { edges, blocks, edgeBlock, edgeBlocks };
}

/** The whole of a small one at once, as a file would have it. */
export function gatherGraph(graph: GeneratedGraph): GraphData {
  const { name, nodes, edges, features, classNames } = graph;
  const [source, target] = [new Uint32Array(edges), new Uint32Array(edges)];
  let at = 0;
  for (const block of graph.edgeBlocks()) {
    source.set(block.source, at);
    target.set(block.target, at);
    at += block.source.length;
  }
  const values = new Float32Array(nodes * features);
  for (let node = 0; node < nodes; node++) {
    graph.featureRow(node, values.subarray(node * features, (node + 1) * features));
  }
  return {
    name,
    nodes,
    source,
    target,
    weight: null,
    features: { kind: 'dense', rows: nodes, cols: features, values },
    labels: Int32Array.from({ length: nodes }, (_, node) => graph.label(node)),
    classNames,
    splits: [Uint8Array.from({ length: nodes }, (_, node) => graph.split(node))],
    nodeIds: null,
    positions: null,
    notes: [],
  };
}

export function checkWhole(name: string, what: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new InputError(`${name} cannot have ${value} ${what}: give a whole number from ${low} to ${high}.`);
}

export function checkBetween(name: string, what: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new InputError(`${name} cannot have a ${what} of ${value}: give a number from ${low} to ${high}.`);
}
