import { state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import type { Value } from '../tensor/value.ts';
import { constant, type Initial } from './init.ts';
import type { Parameter } from './model.ts';

/** The parameters of a model as its layers declare them, under the names that they have in PyTorch Geometric. */
export interface Declarations {
  /** Trained. */
  readonly parameters: Parameter[];
  /** Not trained but part of the model: the running statistics of batch norm. */
  readonly buffers: Parameter[];
  /** The layer that what is declared belongs to, from 0. */
  layer: number;
  /** in × out, stored in PyTorch as out × in. */
  weight(name: string, from: number, to: number, initial: Initial, role: Parameter['role']): Value;
  /** 1 × length, stored in PyTorch with this shape. */
  vector(name: string, length: number, initial: Initial, about?: VectorOptions): Value;
  /** in × out, stored as it is. */
  matrix(name: string, from: number, to: number, initial: Initial, role: Parameter['role']): Value;
  buffer(name: string, length: number, fill: number): Value;
}

export interface VectorOptions {
  readonly role?: Parameter['role'];
  readonly shape?: readonly number[];
}

export function declarations(g: OpGraph): Declarations {
  const declare = (
    list: Parameter[],
    name: string,
    rows: number,
    cols: number,
    about: Omit<Parameter, 'value' | 'layer'>,
  ) => {
    const value = state(g, name, 'parameters', rows, cols);
    list.push({ value, layer: p.layer, ...about });
    return value;
  };
  const p: Declarations = {
    parameters: [],
    buffers: [],
    layer: 0,
    weight: (name, from, to, initial, role) =>
      declare(p.parameters, name, from, to, { initial, role, shape: [to, from], transposed: true }),
    vector: (name, length, initial, { role = 'other', shape = [length] } = {}) =>
      declare(p.parameters, name, 1, length, { initial, role, shape, transposed: false }),
    matrix: (name, from, to, initial, role) =>
      declare(p.parameters, name, from, to, { initial, role, shape: [from, to], transposed: false }),
    buffer: (name, length, fill) =>
      declare(p.buffers, name, 1, length, {
        initial: constant(fill),
        role: 'other',
        shape: [length],
        transposed: false,
      }),
  };
  return p;
}
