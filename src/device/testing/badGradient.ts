import { input, newGraph } from '../../tensor/graph.ts';
import { lossScaleState } from '../../tensor/ops/lossScale.ts';
import { ADAM_CLOCK, optimize, type RuleName } from '../../tensor/ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../../tensor/plan.ts';
import type { Purpose, Value } from '../../tensor/value.ts';
import type { Executor } from '../executor.ts';

/** One step with a loss scale, whose gradients hold a single number that is not finite. Needs no executor of its own, so pages run it too. */

/** By their bits: what comes out of a division, of another sign, the smallest payload, the largest, and both infinities. */
const NOT_FINITE = {
  NaN: 0x7fc00000,
  '-NaN': 0xffc00000,
  'NaN that signals': 0x7f800001,
  'NaN of all ones': 0xffffffff,
  Infinity: 0x7f800000,
  '-Infinity': 0xff800000,
} as const;

const SHAPES = [
  [37, 33],
  [1, 33],
  [3, 2],
] as const;

/** Of every gradient the first number, the last, and one between them that no invocation looks at first. */
const PLACES = SHAPES.flatMap(([rows, cols], parameter) =>
  [0, Math.floor(0.8 * rows * cols), rows * cols - 1].map((index) => ({ parameter, index })),
);

/** Every number in one place, and one of them everywhere. */
export const BAD: readonly BadNumber[] = [
  ...Object.entries(NOT_FINITE).map(([name, bits]) => ({ name, bits, ...PLACES[4] })),
  ...PLACES.map((place) => ({ name: 'NaN', bits: NOT_FINITE.NaN, ...place })),
];
/** The largest number: nothing is wrong with it. */
export const GOOD: BadNumber = { name: 'the largest', bits: 0x7f7fffff, ...PLACES[4] };

export interface BadNumber {
  readonly name: string;
  readonly bits: number;
  /** The how-manieth parameter it is in the gradient of, and where. */
  readonly parameter: number;
  readonly index: number;
}

/** The state of the scale after a step that was skipped, and after one that was not. */
export const SKIPPED = [2 ** -13, 0, -4, 1];
export const TAKEN = [2 ** -13, 6, -3, 0];

export interface ScaledStep {
  readonly plan: Plan;
  /**
   * A step in which a number stands in a gradient, at a scale of 2^13 with five good steps behind it. Which of the parameters, and of
   * what the optimiser keeps of them, it changes, and the state of the scale (see ops/lossScale.ts) after it.
   */
  run(executor: Executor, bad: BadNumber): Promise<{ changed: boolean[]; scale: number[] }>;
}

export function scaledStep(rule: RuleName, clip: boolean): ScaledStep {
  const g = newGraph();
  const matrices = (name: string, purpose: Purpose) =>
    SHAPES.map(([rows, cols], i) => input(g, `${name} ${i}`, purpose, 'f32', rows, cols, 'padded'));
  const parameters = matrices('parameter', 'parameters');
  const gradients = matrices('gradient', 'features');
  const lossScale = lossScaleState(g);
  const update = new Map(parameters.map((parameter, i) => [parameter, gradients[i]]));
  optimize(g, update, { rule, decayOf: () => 'weightDecay', clip, lossScale });
  const states = g.values.filter(({ name }) => /moment|velocity/.test(name) || name === ADAM_CLOCK);
  const kept = [...parameters, ...states];
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [...kept, lossScale] }, DEFAULT_LIMITS);
  const written = (value: Value) =>
    Float32Array.from({ length: (value.rows as number) * value.cols }, (_, i) => (1 + ((i * 7) % 11)) / 16);
  return {
    plan,
    async run(executor, { bits, parameter, index }) {
      for (const value of [...kept, ...gradients]) {
        const data = written(value);
        if (value === gradients[parameter]) new Uint32Array(data.buffer)[index] = bits;
        executor.write(value, data);
      }
      executor.write(lossScale, Float32Array.of(2 ** -13, 5, -3, 0));
      const scalars = { lr: 0.01, weightDecay: 0.05, momentum: 0.9, clip: 1, step: 1 };
      await executor.run('main', { sizes: {}, scalars, key: [1, 2] });
      const after = await Promise.all(kept.map((value) => executor.read(value)));
      return {
        changed: kept.map((value, i) => written(value).some((x, at) => x !== after[i][at])),
        scale: Array.from(await executor.read(lossScale)),
      };
    },
  };
}
