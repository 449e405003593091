import { addNode, state } from '../graph.ts';
import { type Dispatch, type Node, type Op, type OpGraph, rowsAt, type Step, whole } from '../op.ts';
import { stride4 } from '../panels.ts';
import type { Value } from '../value.ts';

/**
 * Adam and AdamW, in PyTorch's form. The powers of beta live on the device (`clock`), because a step that is skipped there
 * must not advance them.
 * Kingma and Ba, arXiv 1412.6980; Loshchilov and Hutter, arXiv 1711.05101.
 */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
/** 1 - beta is taken in double precision: in single precision 1 - 0.999 is off by 1.3e-5. */
const BETAS = { beta1: ADAM.beta1, beta2: ADAM.beta2, gain1: 1 - ADAM.beta1, gain2: 1 - ADAM.beta2 } as const;

export interface AdamOptions {
  /** AdamW: the weight decays by itself instead of through the gradient. */
  readonly decoupled: boolean;
  /** Whether scalars.weightDecay applies to a parameter. */
  decays(parameter: Value): boolean;
}

/** One update of every parameter from its gradient. Learning rate and weight decay are scalars.lr and .weightDecay. */
export function adam(g: OpGraph, gradients: ReadonlyMap<Value, Value>, options: AdamOptions): void {
  const clock = state(g, 'Adam clock', 'optimizer', 1, 4);
  addNode(g, adamClockOp, [], [], null, [clock]);
  for (const [parameter, gradient] of gradients) {
    const rows = parameter.rows as number;
    const moment1 = state(g, `${parameter.name} first moment`, 'optimizer', rows, parameter.cols);
    const moment2 = state(g, `${parameter.name} second moment`, 'optimizer', rows, parameter.cols);
    addNode(g, adamOp, [gradient, clock], [], { decoupled: options.decoupled, decay: options.decays(parameter) }, [
      parameter,
      moment1,
      moment2,
    ]);
  }
}

/** Holds (1 - beta1^t, 1 - beta2^t, …) as (x, y): starts at 0, so that fresh buffers need no upload. */
export const adamClockOp: Op<null> = {
  name: 'adamClock',
  locality: 'parameter',
  lower({ updates: [clock] }) {
    return [
      {
        kernel: 'optimizer.adamClock',
        reads: {},
        writes: { outClock: whole(clock) },
        at: () => ({ params: BETAS, threads: 1, work: 4, flops: 4 }),
      },
    ];
  },
};

/** Decay 2, first moment 3, second moment 4, step 8. */
const ADAM_FLOPS = 17;

interface Adam {
  readonly decoupled: boolean;
  readonly decay: boolean;
}

export const adamOp: Op<Adam> = {
  name: 'adam',
  locality: 'parameter',
  lower({ inputs: [gradient, clock], updates: [parameter, moment1, moment2], attributes }, { panels }) {
    return panels(parameter).map((panel) => ({
      kernel: 'optimizer.adam',
      reads: { gradient: { value: gradient, panel: panel.index }, clock: whole(clock) },
      writes: {
        parameter: { value: parameter, panel: panel.index },
        moment1: { value: moment1, panel: panel.index },
        moment2: { value: moment2, panel: panel.index },
      },
      at(step) {
        const rows = rowsAt(parameter.rows, step);
        const threads = rows * stride4(panel);
        const decay = attributes.decay ? step.scalars.weightDecay : 0;
        return {
          params: {
            rows: threads,
            lr: step.scalars.lr,
            l2: attributes.decoupled ? 0 : decay,
            shrink: attributes.decoupled ? 1 - step.scalars.lr * decay : 1,
            ...BETAS,
            epsilon: ADAM.epsilon,
          },
          threads,
          work: threads * 60,
          flops: rows * panel.cols * ADAM_FLOPS,
        };
      },
    }));
  },
};

/** total += x, or total = x where scalars.firstPart = 1: gradients of the parts of a split batch. */
export function accumulate(g: OpGraph, total: Value, x: Value): void {
  addNode(g, accumulateOp, [x], [], null, [total]);
}

export const accumulateOp: Op<null> = {
  name: 'accumulate',
  locality: 'parameter',
  lower: (node, { panels }) =>
    overWhole(
      node,
      panels,
      'optimizer.accumulate',
      {},
      (step) => ({ keep: 1 - step.scalars.firstPart }),
      (step) => 1 - step.scalars.firstPart,
    ),
};

/**
 * Keeps a copy of the best parameters without asking the host: `record` = (lowest so far, 1 where the last epoch is the
 * best, epochs seen, 0). The first minimum wins. Column 1 of `losses` is the validation loss; without validation nodes
 * the last epoch is the best.
 */
export function keepBest(
  g: OpGraph,
  losses: Value,
  parameters: readonly Value[],
  validated: boolean,
): Map<Value, Value> {
  const record = state(g, 'best validation loss', 'results', 1, 4);
  addNode(g, compareBestOp, [losses], [], { validated }, [record]);
  const best = new Map<Value, Value>();
  for (const parameter of parameters) {
    const copy = state(g, `${parameter.name} at its best`, 'parameters', parameter.rows as number, parameter.cols);
    addNode(g, copyIfOp, [parameter, record], [], null, [copy]);
    best.set(parameter, copy);
  }
  return best;
}

export const compareBestOp: Op<{ validated: boolean }> = {
  name: 'compareBest',
  locality: 'parameter',
  lower: ({ inputs: [losses], updates: [record], attributes: { validated } }) => [
    {
      kernel: 'optimizer.compareBest',
      reads: { losses: whole(losses) },
      writes: { outRecord: whole(record) },
      at: () => ({ params: { always: validated ? 0 : 1 }, threads: 1, work: 4, flops: 3 }),
    },
  ],
};

export const copyIfOp: Op<null> = {
  name: 'copyIf',
  locality: 'parameter',
  lower: (node, { panels }) =>
    overWhole(
      node,
      panels,
      'optimizer.copyIf',
      { record: { value: node.inputs[1], panel: 0 } },
      () => ({}),
      () => 0,
    ),
};

/** One thread per vec4 of the first update, reading the first input. */
function overWhole(
  { inputs: [x], updates: [total] }: Node<null>,
  panels: Parameters<Op['lower']>[1]['panels'],
  kernel: string,
  reads: Dispatch['reads'],
  params: (step: Step) => Record<string, number>,
  flopsPerElement: (step: Step) => number,
): Dispatch[] {
  return panels(total).map((panel) => ({
    kernel,
    reads: { x: { value: x, panel: panel.index }, ...reads },
    writes: { total: { value: total, panel: panel.index } },
    at(step) {
      const rows = rowsAt(total.rows, step);
      const threads = rows * stride4(panel);
      const flops = rows * panel.cols * flopsPerElement(step);
      return { params: { rows: threads, ...params(step) }, threads, work: threads * 12, flops };
    },
  }));
}
