import type { CsrMatrix, Matrix } from './matrix.ts';

/** Codes of a split vector: one byte per node. */
export const SPLIT = { none: 0, train: 1, validation: 2, test: 3 } as const;

/** The names that text gives those codes, in lower case. */
export const SPLIT_BY_NAME: ReadonlyMap<string, number> = new Map([
  ['', SPLIT.none],
  ['none', SPLIT.none],
  ['train', SPLIT.train],
  ['training', SPLIT.train],
  ['val', SPLIT.validation],
  ['valid', SPLIT.validation],
  ['validation', SPLIT.validation],
  ['test', SPLIT.test],
]);

/** What becomes of edges from a node to itself. */
export const SELF_LOOPS = ['drop', 'keep'] as const;
export type SelfLoops = (typeof SELF_LOOPS)[number];

/** What a file says, checked but not yet arranged: every parser in this folder returns this. */
export interface GraphData {
  readonly name: string;
  readonly nodes: number;
  /** Edges as the file lists them: duplicates, both directions and self-loops may occur; every id is below `nodes`. */
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  /** One finite weight per edge; null where the file has none. */
  readonly weight: Float32Array | null;
  /** nodes × features; null where the file has none. Finite. */
  readonly features: Matrix | null;
  /** The name of each feature; null or left out where the file names none. */
  readonly featureNames?: readonly string[] | null;
  /** Class of each node, -1 where it has none; null where the file has no labels at all, or nodes have several. */
  readonly labels: Int32Array | null;
  /** Where some nodes have several classes: nodes × classes, an entry (without a value) for each; else null or left out. */
  readonly labelSets?: CsrMatrix | null;
  readonly classNames: readonly string[];
  /** One vector of SPLIT codes per split that the file offers; empty where it offers none. */
  readonly splits: readonly Uint8Array[];
  /** The name of each node in the file; null where nodes are numbered 0..nodes-1. */
  readonly nodeIds: readonly string[] | null;
  /** x and y of each node in [0, 1], for drawing; null where nobody computed them. */
  readonly positions: Float32Array | null;
  /** What the parser left out or changed, one sentence each. */
  readonly notes: readonly string[];
}
