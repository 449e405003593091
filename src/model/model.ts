import type { Config } from '../config/schema.ts';
import type { Operator } from '../graph/operators.ts';
import type { OpGraph } from '../tensor/op.ts';
import type { SparseMatrix } from '../tensor/ops/sparse.ts';
import type { Value } from '../tensor/value.ts';
import type { Initial } from './init.ts';
import type { Declarations } from './parameters.ts';

/**
 * What a model is: parameters, and logits as an op graph over whatever the strategy puts before it. A model does not know
 * whether it sees the whole graph or blocks of a sample.
 */
export interface Model {
  /** The matrix that it aggregates with; null for a model that ignores the graph. */
  readonly operator: Operator | null;
  /** How often it does: a node sees neighbours this many hops away. */
  readonly hops: number;
  /**
   * How many hops each hidden layer's output has seen, in the order in which a forward pass yields them. The last of them goes into
   * the layer that makes the logits: it is the *embedding*. Empty where nothing comes before that layer.
   */
  readonly hidden: readonly number[];
  /** Declares the parameters, and says how logits come of them. */
  build(p: Declarations, shape: ModelShape): Forward;
}

/**
 * Adds the ops that compute the logits of the target nodes, nodes × classes. Called once for each routine. It yields what each
 * hidden layer puts out before it goes on, so that whoever wants a layer stops there.
 */
export type Forward = (pass: Pass) => Generator<Value, Value>;

/** A forward pass to its end. */
export function logitsOf(layers: ReturnType<Forward>): Value {
  for (;;) {
    const { done, value } = layers.next();
    if (done) return value;
  }
}

/** The model without what comes after a hidden layer: what it makes in place of logits is what this layer puts out. */
export function upTo(model: Model, layer: number): Model {
  const hops = model.hidden[layer];
  return {
    operator: hops > 0 ? model.operator : null,
    hops,
    hidden: model.hidden.slice(0, layer),
    build(p, shape) {
      const forward = model.build(p, shape);
      return function* (pass) {
        const layers = forward(pass);
        for (let before = 0; before < layer; before++) yield layers.next().value;
        return layers.next().value;
      };
    },
  };
}

export interface ModelShape {
  readonly features: number;
  readonly classes: number;
  readonly config: Config;
}

/** One use of a model: the graph of ops that it adds to, what it reads, and whether it trains. */
export interface Pass {
  readonly g: OpGraph;
  readonly inputs: ModelInputs;
  readonly mode: Mode;
}

export interface ModelInputs {
  readonly features: Rows;
  /** One matrix per hop, the first one's first: its rows are the next level, its columns the level before. */
  readonly blocks: readonly SparseMatrix[];
  /** Global ids of the rows of each level, one more than there are hops; null where rows are numbered globally. */
  readonly ids: readonly (Value | null)[];
}

/** Rows of features: dense, or sparse as long as nothing has touched them. */
export type Rows = Value | SparseMatrix;

export interface Mode {
  /** Batch statistics are taken, edges dropped; otherwise the model predicts. */
  readonly training: boolean;
  /** Dropout on the hidden layers, and on the features. */
  readonly dropout: boolean;
  readonly inputDropout: boolean;
}

export interface Parameter {
  readonly value: Value;
  readonly initial: Initial;
  /** The layer it belongs to, from 0. */
  readonly layer: number;
  /** What weight decay asks for. */
  readonly role: 'convolution' | 'linear' | 'other';
  /** Its shape in PyTorch Geometric, where it has the same name; a `transposed` weight stands there as out × in. */
  readonly shape: readonly number[];
  readonly transposed: boolean;
}

export function isSparse(rows: Rows): rows is SparseMatrix {
  return 'forward' in rows;
}
