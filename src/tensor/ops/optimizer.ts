import { addNode, state } from '../graph.ts';
import { type Dispatch, type Op, type OpGraph, rowsAt, type Step, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import type { Value } from '../value.ts';
import { gradientScale } from './gradientScale.ts';
import { checkGradients } from './lossScale.ts';

/**
 * Optimisers in PyTorch's form: one update of every parameter from its gradient. Where a step may be skipped on the device, the
 * powers of Adam's betas live there too (`clock`), because such a step must not advance them.
 * Kingma and Ba, arXiv 1412.6980; Loshchilov and Hutter, arXiv 1711.05101; torch.optim.SGD without dampening and Nesterov.
 */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
/** 1 - beta is taken in double precision: in single precision 1 - 0.999 is off by 1.3e-5. */
const BETAS = { beta1: ADAM.beta1, beta2: ADAM.beta2, gain1: 1 - ADAM.beta1, gain2: 1 - ADAM.beta2 } as const;

interface Rule {
  readonly kernel: string;
  /** The matrices that it keeps beside each parameter: their names in the plan, by their bindings. */
  readonly states: Readonly<Record<string, string>>;
  /** Whether it counts the steps that were not skipped. */
  readonly clock: boolean;
  readonly flopsPerElement: number;
  /** @param decay weight decay of the parameter; 0 where it has none */
  params(scalars: Step['scalars'], decay: number): Record<string, number>;
}

const MOMENTS = { moment1: 'first moment', moment2: 'second moment' };
// Decay 2, first moment 3, second moment 4, step 8.
const ADAM_KERNEL = { kernel: 'optimizer.adam', states: MOMENTS, clock: true, flopsPerElement: 17 } as const;

/** @param step the how-manieth this is, from 1 */
const adamParams = (step: number) => ({
  ...BETAS,
  epsilon: ADAM.epsilon,
  correction1: 1 - ADAM.beta1 ** step,
  correction2: 1 - ADAM.beta2 ** step,
});

/** Every optimiser by the value of `training.optimizer`. The learning rate is scalars.lr, and scalars.step counts from 1. */
const RULES = {
  adam: {
    ...ADAM_KERNEL,
    params: ({ lr, step }, decay) => ({ lr, l2: decay, shrink: 1, ...adamParams(step) }),
  },
  adamw: {
    ...ADAM_KERNEL,
    params: ({ lr, step }, decay) => ({ lr, l2: 0, shrink: 1 - lr * decay, ...adamParams(step) }),
  },
  sgd: {
    kernel: 'optimizer.sgd',
    states: { velocity: 'velocity' },
    clock: false,
    // Decay, velocity and step, 2 each.
    flopsPerElement: 6,
    params: ({ lr, momentum }, decay) => ({ lr, l2: decay, momentum }),
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** The scalar that says how much a parameter decays. */
export type Decay = 'weightDecay' | 'weightDecayLinear';

export interface OptimizerOptions {
  readonly rule: RuleName;
  /** Null for a parameter that does not decay. */
  decayOf(parameter: Value): Decay | null;
  /** Whether all gradients together are scaled down to a norm of scalars.clip first. */
  readonly clip: boolean;
  /** What the gradients are a multiple of; null where they are what they should be. See ops/lossScale.ts. */
  readonly lossScale?: Value | null;
}

export function optimize(g: OpGraph, gradients: ReadonlyMap<Value, Value>, options: OptimizerOptions): void {
  const rule: Rule = RULES[options.rule];
  const { lossScale = null } = options;
  const all = [...gradients.values()];
  if (lossScale) checkGradients(g, all, lossScale);
  const factor = options.clip ? gradientScale(g, all, lossScale) : lossScale;
  const shared = factor ? [factor] : [];
  if (rule.clock && factor) {
    const clock = state(g, ADAM_CLOCK, 'optimizer', 1, 4);
    addNode(g, adamClockOp, [factor], [], null, [clock]);
    shared.unshift(clock);
  }
  for (const [parameter, gradient] of gradients) {
    const states = Object.values(rule.states).map((name) =>
      state(g, `${parameter.name} ${name}`, 'optimizer', parameter.rows as number, parameter.cols),
    );
    const attributes = { rule, decay: options.decayOf(parameter), clip: factor !== null };
    addNode(g, updateOp, [gradient, ...shared], [], attributes, [parameter, ...states]);
  }
}

export const ADAM_CLOCK = 'Adam clock';

/** The clock after so many steps, for a run that goes on from one that had none. */
export function clockAfter(steps: number): Float32Array {
  return Float32Array.of(1 - ADAM.beta1 ** steps, 1 - ADAM.beta2 ** steps, 0, 0);
}

/** Holds (1 - beta1^t, 1 - beta2^t, …) as (x, y): starts at 0, so that fresh buffers need no upload. */
export const adamClockOp: Op<null> = {
  name: 'adamClock',
  locality: 'parameter',
  lower({ inputs: [factor], updates: [clock] }) {
    return [
      {
        kernel: 'optimizer.adamClock.clipped',
        reads: { clip: whole(factor) },
        writes: { outClock: whole(clock) },
        at: () => ({ params: BETAS, threads: 1, work: 4, flops: 4 }),
      },
    ];
  },
};

interface Update {
  readonly rule: Rule;
  readonly decay: Decay | null;
  /** Whether the gradients are multiplied by a factor that lies on the device. */
  readonly clip: boolean;
}

export const updateOp: Op<Update> = {
  name: 'update',
  locality: 'parameter',
  lower({ inputs: [gradient, ...shared], updates: [parameter, ...states], attributes }, { panels }) {
    const { rule, decay, clip } = attributes;
    const names = clip ? [...(rule.clock ? ['clock'] : []), 'clip'] : [];
    return panels(parameter).map((panel): Dispatch => {
      const part = (value: Value) => ({ value, panel: panel.index });
      return {
        kernel: clip ? `${rule.kernel}.clipped` : rule.kernel,
        reads: {
          gradient: part(gradient),
          ...Object.fromEntries(names.map((name, i) => [name, whole(shared[i])])),
        },
        writes: {
          parameter: part(parameter),
          ...Object.fromEntries(Object.keys(rule.states).map((name, i) => [name, part(states[i])])),
        },
        elementwise: ['gradient'],
        precise: ['gradient'],
        at(step) {
          const rows = rowsAt(parameter.rows, step);
          const width4 = stride4(panel);
          const threads = rows * width4;
          return {
            params: { rows, width4, hold: 0, ...rule.params(step.scalars, decay ? step.scalars[decay] : 0) },
            threads,
            work: threads * 60,
            flops: rows * panel.cols * (rule.flopsPerElement + (clip ? 1 : 0)),
          };
        },
      };
    });
  },
};

/** total += x, or total = x where scalars.firstPart = 1: gradients of the parts of a step. */
export function accumulate(g: OpGraph, total: Value, x: Value): void {
  addNode(g, accumulateOp, [x], [], null, [total]);
}

export const accumulateOp: Op<null> = {
  name: 'accumulate',
  locality: 'parameter',
  lower: ({ inputs: [x], updates: [total] }, { panels }) =>
    panels(total).map((panel) => ({
      kernel: 'optimizer.accumulate',
      reads: { x: { value: x, panel: panel.index } },
      writes: { total: { value: total, panel: panel.index } },
      at(step) {
        const rows = rowsAt(total.rows, step);
        const threads = rows * stride4(panel);
        const keep = 1 - step.scalars.firstPart;
        return { params: { rows: threads, keep }, threads, work: threads * 12, flops: rows * panel.cols * keep };
      },
    })),
};

/** Adds copies of values, which hold them as they were when this routine last ran with scalars.firstPart = 1. */
export function keepCopies(g: OpGraph, values: readonly Value[]): Map<Value, Value> {
  return new Map(
    values.map((value) => {
      const copy = state(g, `${value.name} at its best`, 'parameters', value.rows as number, value.cols);
      accumulate(g, copy, value);
      return [value, copy];
    }),
  );
}
