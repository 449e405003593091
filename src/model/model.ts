import type { OpGraph } from '../tensor/op.ts';

import type { SparseMatrix } from '../tensor/ops/sparse.ts';
import type { Value } from '../tensor/value.ts';

/**
 * What a model is: parameters, and logits as an op graph over whatever the strategy puts before it. A model does not know
 * whether it sees the whole graph or blocks of a sample.
 */
export interface Model {
  /** The matrix that its layers aggregate with; null for a model that ignores the graph. */
  readonly operator: Operator | null;
  parameters(g: OpGraph, shape: ModelShape): Parameter[];
  /** Logits of the target nodes, nodes × classes. */
  forward(g: OpGraph, parameters: readonly Parameter[], inputs: ModelInputs, mode: Mode): Value;
}

/** `gcn`: D^-1/2 (A + I) D^-1/2. */
export type Operator = 'gcn';

export interface ModelShape {
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
  readonly layers: number;
}

export interface Parameter {
  readonly value: Value;
  readonly initial: 'glorot' | 'zeros';
  /** The layer it belongs to, from 0. */
  readonly layer: number;
  /** What weight decay asks for. */
  readonly role: 'convolution' | 'linear' | 'other';
}

export interface ModelInputs {
  readonly features: Value | SparseMatrix;
  /** One matrix per layer, the first layer's first; empty where the model has no operator. */
  readonly blocks: readonly SparseMatrix[];
  /** Global ids of the rows that enter each layer; null where rows are numbered globally. */
  readonly ids: readonly (Value | null)[];
}

export interface Mode {
  /** Dropout on the hidden layers, and on the features. */
  readonly dropout: boolean;
  readonly inputDropout: boolean;
}

export function isSparse(features: ModelInputs['features']): features is SparseMatrix {
  return 'forward' in features;
}
