import type { Op, OpGraph } from './op.ts';
import type { Purpose, Size, Value } from './value.ts';

/** Builders of ops append to the graph through these. */

export function newGraph(): OpGraph {
  return { values: [], nodes: [], routine: 'main', segment: 0, backward: false, randomStreams: 0 };
}

/** New nodes join this routine, at its beginning. */
export function beginRoutine(g: OpGraph, routine: string): void {
  Object.assign(g, { routine, segment: 0, backward: false });
}

/**
 * A computed value is named after what it was computed from, and a value that is used twice has its name in there twice: uncut,
 * names would double with every layer of a deep model.
 */
const LONGEST_NAME = 80;

export function addValue(g: OpGraph, spec: Omit<Value, 'id'>): Value {
  const { name } = spec;
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  const value = { ...spec, name: short, id: g.values.length };
  g.values.push(value);
  return value;
}

/** A value that the host writes: once, or (lifetime `step`) before every run of the routine that uses it. */
export function input(
  g: OpGraph,
  name: string,
  purpose: Purpose,
  dtype: Value['dtype'],
  rows: Size,
  cols: number,
  layout: Value['layout'] = 'packed',
  lifetime: 'step' | 'persistent' = 'persistent',
): Value {
  return addValue(g, { name, purpose, dtype, rows, cols, layout, lifetime });
}

/** A matrix that lives as long as the plan: a parameter, an optimiser's moment, a result. Starts as zeros. */
export function state(g: OpGraph, name: string, purpose: Purpose, rows: number, cols: number): Value {
  return addValue(g, { name, purpose, dtype: 'f32', rows, cols, layout: 'padded', lifetime: 'persistent' });
}

/** A matrix that lives inside its routine. */
export function activation(g: OpGraph, name: string, rows: Size, cols: number): Value {
  return addValue(g, {
    name,
    purpose: 'activations',
    dtype: 'f32',
    rows,
    cols,
    layout: 'padded',
    lifetime: 'transient',
  });
}

/** A packed vector that lives inside its routine. */
export function vector(g: OpGraph, name: string, rows: Size): Value {
  return addValue(g, {
    name,
    purpose: 'activations',
    dtype: 'f32',
    rows,
    cols: 1,
    layout: 'packed',
    lifetime: 'transient',
  });
}

export function addNode<A>(
  g: OpGraph,
  op: Op<A>,
  inputs: readonly Value[],
  outputs: readonly Value[],
  attributes: A,
  updates: readonly Value[] = [],
): void {
  const { routine, segment, backward } = g;
  g.nodes.push({ op: op as Op, routine, segment, backward, inputs, outputs, updates, attributes });
}
