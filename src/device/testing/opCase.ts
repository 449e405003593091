import { InputError } from '../../config/errors.ts';
import { deriveKey, seedKey, threefry, toUnit } from '../../graph/random.ts';
import { gradients } from '../../tensor/autodiff.ts';
import { withTile } from '../../tensor/fusedName.ts';
import { input, newGraph } from '../../tensor/graph.ts';
import type { Dispatch, OpGraph, Step } from '../../tensor/op.ts';
import { scale } from '../../tensor/ops/combine.ts';
import { DEFAULT_LIMITS, type Limits, makePlan, type Plan, type PlanOptions } from '../../tensor/plan.ts';
import type { Tile } from '../../tensor/tiles.ts';
import { evaluate, type Sizes, stride, type Value } from '../../tensor/value.ts';
import { verifyPlan } from '../../tensor/verify.ts';
import type { Executor, HostArray } from '../executor.ts';

/**
 * One op on one set of inputs, to be run on any executor: outputs, and the gradients of Σ output · R for a random R. What
 * the op computes is checked against an oracle, its gradient against finite differences of the oracle.
 */
export interface OpCase {
  readonly name: string;
  readonly sizes: Sizes;
  /** What differs from SCALARS in each run; one run as they are where it is left out. */
  readonly runs?: readonly Step['scalars'][];
  /** Built with the fusion that the op's own dispatches have. */
  readonly fused?: true;
  /** Adds the op; `moving` are the inputs to differentiate by. */
  build(g: OpGraph): {
    readonly inputs: readonly (readonly [Value, HostArray])[];
    readonly outputs: readonly Value[];
    readonly moving?: readonly Value[];
  };
}

export interface BuiltCase {
  readonly plan: Plan;
  readonly inputs: readonly (readonly [Value, HostArray])[];
  readonly outputs: readonly Value[];
  readonly moving: readonly Value[];
  readonly gradients: ReadonlyMap<Value, Value>;
  readonly weights: ReadonlyMap<Value, HostArray>;
  /** The step of each run, in order; the first one alone in `step`. */
  readonly steps: readonly Step[];
  readonly step: Step;
}

export const SCALARS = {
  lr: 0.01,
  weightDecay: 0.1,
  attentionDropout: 0.3,
  weightDecayLinear: 0.05,
  momentum: 0.9,
  clip: 30,
  dropout: 0.4,
  lossScale: 0.25,
  step: 1,
  first: 1,
  firstPart: 1,
};

/**
 * With `options.half`, results are copies: what is read back stays in f32.
 * @param pass over the differentiated graph
 */
export function buildCase(
  test: OpCase,
  limits: Limits = DEFAULT_LIMITS,
  options?: PlanOptions,
  pass: (g: OpGraph) => OpGraph = (g) => g,
): BuiltCase {
  const g = newGraph();
  const read = (value: Value) => (options?.half ? scale(g, value, 1) : value);
  const { inputs, outputs: computed, moving = [] } = test.build(g);
  const weights = new Map<Value, HostArray>();
  const upstream = new Map<Value, Value>();
  for (const output of moving.length > 0 ? computed : []) {
    const { name, rows, cols, layout } = output;
    const weight = input(g, `${name} upstream`, 'features', 'f32', rows, cols, layout);
    weights.set(weight, randoms(evaluate(rows, test.sizes) * cols, weight.id));
    upstream.set(output, weight);
  }
  const found = new Map(moving.length > 0 ? gradients(g, moving, upstream) : []);
  const outputs = computed.map(read);
  for (const [value, gradient] of found) found.set(value, read(gradient));
  const readable = [...outputs, ...found.values()];
  const plan = makePlan({ graph: pass(g), capacity: test.sizes, results: [], readable }, limits, {
    fuse: test.fused,
    ...options,
  });
  const faults = verifyPlan(plan);
  if (faults.length > 0) throw new Error(`${test.name}: ${faults.join('; ')}`);
  const steps = (test.runs ?? [{}]).map((scalars) => ({
    sizes: test.sizes,
    scalars: { ...SCALARS, ...scalars },
    key: seedKey(7),
  }));
  return { plan, inputs, outputs, moving, gradients: found, weights, steps, step: steps[0] };
}

/** A dispatch as it is in another of its tiles. */
export function inTile(dispatch: Dispatch, tile: Tile): Dispatch {
  const first = dispatch.tiles?.[0];
  return {
    ...dispatch,
    kernel: tile === first ? dispatch.kernel : withTile(dispatch.kernel, tile.name),
    tiles: [tile],
  };
}

/** The plan with every dispatch in the tile of that name, where it has it. */
export function tiledPlan(plan: Plan, name: string): Plan {
  const routines = Object.entries(plan.routines).map(([routine, list]) => [
    routine,
    list.map((dispatch) => {
      const tile = dispatch.tiles?.find((one) => one.name === name);
      return tile ? inTile(dispatch, tile) : dispatch;
    }),
  ]);
  return { ...plan, routines: Object.fromEntries(routines) };
}

/** A dispatch in each of its tiles. */
export function inTiles(dispatch: Dispatch): Dispatch[] {
  return dispatch.tiles?.map((tile) => inTile(dispatch, tile)) ?? [dispatch];
}

const tight = new WeakMap<OpCase, Limits>();

/** The smallest binding limit, within a quarter, at which a case can be planned: every wide matrix is cut into panels. */
export function tightLimits(test: OpCase): Limits {
  const known = tight.get(test);
  if (known) return known;
  const fourColumns = buildCase(test).plan.placements.map(({ piece: { value }, bytes }) =>
    value.layout === 'padded' ? (4 * bytes) / stride(value) : 16,
  );
  for (let bytes = Math.max(...fourColumns); ; bytes += 16 * Math.ceil(bytes / 64)) {
    const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: bytes };
    try {
      buildCase(test, limits);
      tight.set(test, limits);
      return limits;
    } catch (error) {
      // Some index list is larger.
      if (!(error instanceof InputError)) throw error;
    }
  }
}

/** Runs a built case, as often as it says; returns outputs, then gradients. */
export async function runCase(built: BuiltCase, executor: Executor): Promise<HostArray[]> {
  for (const [value, data] of [...built.inputs, ...built.weights]) executor.write(value, data);
  for (const step of built.steps) await executor.run('main', step);
  const arrays: HostArray[] = [];
  for (const value of [...built.outputs, ...built.gradients.values()]) arrays.push(await executor.read(value));
  return arrays;
}

/** Uniform in [-1, 1), never near 0 so that kinks stay out of reach of finite differences. */
export function randoms(length: number, stream: number): Float32Array {
  const key = deriveKey(seedKey(42), stream, 0);
  const words = new Uint32Array(2);
  return Float32Array.from({ length }, (_, i) => {
    threefry(key[0], key[1], i, 0, words);
    const magnitude = 0.05 + 0.95 * toUnit(words[0]);
    return words[1] & 1 ? magnitude : -magnitude;
  });
}

/** An input of a case and its data. */
export type Data = [Value, HostArray];

/** A padded matrix of `randoms`; as features are, it may be kept in half precision. */
export function dense(g: OpGraph, name: string, rows: number, cols: number): Data {
  const value = input(g, name, 'features', 'f32', rows, cols, 'padded');
  return [value, randoms(rows * cols, value.id)];
}
