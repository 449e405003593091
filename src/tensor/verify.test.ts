import { describe, expect, test } from 'vitest';
import { gradients } from './autodiff.ts';
import { input, newGraph, state } from './graph.ts';
import type { Dispatch, Launch, Piece } from './op.ts';
import { relu } from './ops/activation.ts';
import { add } from './ops/elementwise.ts';
import { maskedCrossEntropy } from './ops/loss.ts';
import { matmul } from './ops/matmul.ts';
import { countClasses } from './ops/metrics.ts';
import { optimize } from './ops/optimizer.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from './plan.ts';
import { symbol, type Value } from './value.ts';
import { verifyPlan } from './verify.ts';

/** A plan that is sound is broken on purpose, one rule at a time: the verifier must say so, and say which rule. */

const NODES = symbol('nodes');

/** A small program with residents, shared slots, scratch and a value of each step; dispatches `train` and `evaluate`. */
function sound(limits = DEFAULT_LIMITS): Plan {
  const g = newGraph();
  const x = input(g, 'x', 'features', 'f32', NODES, 8, 'padded', 'step');
  const labels = input(g, 'labels', 'labels', 'u32', NODES, 1, 'packed', 'step');
  const mask = input(g, 'mask', 'labels', 'u32', NODES, 1, 'packed', 'step');
  const parameters = [state(g, 'w1', 'parameters', 8, 6), state(g, 'w2', 'parameters', 6, 3)];
  const losses = state(g, 'losses', 'results', 1, 4);
  const counts = input(g, 'counts', 'results', 'u32', 9, 3);
  const forward = () => {
    const product = matmul(g, x, parameters[0], 'nn', 'product');
    return matmul(g, add(g, relu(g, product), product), parameters[1], 'nn', 'logits');
  };
  g.routine = 'train';
  maskedCrossEntropy(g, forward(), labels, mask, losses);
  optimize(g, gradients(g, parameters), { rule: 'adamw', decayOf: () => 'weightDecay', clip: false });
  g.routine = 'evaluate';
  const logits = forward();
  maskedCrossEntropy(g, logits, labels, mask, losses);
  countClasses(g, logits, labels, mask, counts);
  return makePlan({ graph: g, capacity: { nodes: 100 }, results: [losses, counts], readable: parameters }, limits);
}

type Places = Plan['placements'];

/** The first panel of the value of that name; both routines have some of these names, `train` runs first. */
const placeOf = (plan: Plan, name: string) =>
  plan.placements
    .filter(({ piece }) => piece.value.name === name)
    .sort((a, b) => a.from - b.from || a.piece.panel - b.piece.panel)[0];

/** Changes the place of the value of that name. */
function move(plan: Plan, name: string, change: Partial<Places[number]>): Plan {
  const target = placeOf(plan, name);
  return { ...plan, placements: plan.placements.map((place) => (place === target ? { ...place, ...change } : place)) };
}

/** Changes the first dispatch of that kernel in `train`. */
function rewire(plan: Plan, kernel: string, change: (dispatch: Dispatch) => Partial<Dispatch>): Plan {
  const at = plan.routines.train.findIndex((dispatch) => dispatch.kernel === kernel);
  expect(at).toBeGreaterThanOrEqual(0);
  const train = plan.routines.train.map((dispatch, i) => (i === at ? { ...dispatch, ...change(dispatch) } : dispatch));
  return { ...plan, routines: { ...plan.routines, train } };
}

function resize(plan: Plan, label: string, bytes: number): Plan {
  const at = plan.buffers.findIndex((buffer) => buffer.label === label);
  expect(at).toBeGreaterThanOrEqual(0);
  return { ...plan, buffers: plan.buffers.map((buffer, i) => (i === at ? { ...buffer, bytes } : buffer)) };
}

const launching = (launch: Partial<Launch>) => (dispatch: Dispatch) => ({
  at: (step: Parameters<Dispatch['at']>[0]) => ({ ...dispatch.at(step), ...launch }),
});

describe('sound plans', () => {
  test('have no faults', () => {
    expect(verifyPlan(sound())).toEqual([]);
  });

  test('at small limits, cut into panels, neither', () => {
    const plan = sound({ ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 1600 });
    expect(plan.placements.length).toBeGreaterThan(sound().placements.length);
    expect(verifyPlan(plan)).toEqual([]);
  });

  test('of nothing, neither', () => {
    expect(
      verifyPlan(makePlan({ graph: newGraph(), capacity: {}, results: [], readable: [] }, DEFAULT_LIMITS)),
    ).toEqual([]);
  });
});

describe('sabotage: places', () => {
  test('two values that live at the same time in one buffer', () => {
    const plan = sound();
    const { buffer } = placeOf(plan, 'relu(product)');
    // Reported under either name first: the order is that of the placements.
    const faults = verifyPlan(move(plan, 'product', { buffer }));
    expect(faults).toContainEqual(
      expect.stringMatching(
        new RegExp(`^(product and relu\\(product\\)|relu\\(product\\) and product) overlap in buffer ${buffer}$`),
      ),
    );
  });

  test('a transient value in the buffer of a parameter, which lives all along', () => {
    const plan = sound();
    const { buffer } = placeOf(plan, 'w1');
    expect(verifyPlan(move(plan, 'logits', { buffer })).join('\n')).toMatch(
      new RegExp(`(logits and w1|w1 and logits) overlap in buffer ${buffer}`),
    );
  });

  test('a life that ends before the last use, so that another value could take its slot', () => {
    const plan = sound();
    const { from } = placeOf(plan, 'product');
    expect(verifyPlan(move(plan, 'product', { to: from }))).toContain(
      'train: activation.relu uses product outside its life',
    );
  });

  test('a life that begins after the first use', () => {
    const plan = sound();
    const { to } = placeOf(plan, 'product');
    expect(verifyPlan(move(plan, 'product', { from: to }))).toContain('train: matmul.nn uses product outside its life');
  });

  test('a value of each step that lives from its first use only: the host writes it before the routine', () => {
    const plan = sound();
    const first = plan.routines.train.findIndex(({ reads }) => 'labels' in reads);
    expect(first).toBeGreaterThan(0);
    expect(verifyPlan(move(plan, 'labels', { from: first }))).toContain(
      'train: loss.crossEntropy uses labels outside its life',
    );
  });

  test('a value without a place', () => {
    const plan = sound();
    const placements = plan.placements.filter(({ piece }) => piece.value.name !== 'w1');
    expect(verifyPlan({ ...plan, placements })).toContain('matmul.nn binds a value without a place');
  });

  test('a piece larger than its buffer', () => {
    const plan = sound();
    const { bytes } = placeOf(plan, 'w1');
    expect(verifyPlan(resize(plan, 'w1', bytes - 4))).toEqual(['w1 does not fit its buffer']);
    expect(verifyPlan(resize(plan, 'w1', bytes + 4))).toEqual([]);
  });

  test('a piece over the binding limit', () => {
    const plan = sound();
    const { bytes } = placeOf(plan, 'x');
    const bound = (limit: number) => ({ ...plan, limits: { ...plan.limits, maxStorageBufferBindingSize: limit } });
    expect(verifyPlan(bound(bytes - 1))).toContain('x is over the binding limit');
    expect(verifyPlan(bound(bytes))).toEqual([]);
  });

  test('a buffer over maxBufferSize', () => {
    const plan = sound();
    const most = Math.max(...plan.buffers.map(({ bytes }) => bytes));
    const bound = (limit: number) => ({ ...plan, limits: { ...plan.limits, maxBufferSize: limit } });
    expect(verifyPlan(bound(most - 1))).toEqual(['dispatch parameters is over maxBufferSize']);
    expect(verifyPlan(bound(most))).toEqual([]);
  });

  test.each([0, 66, 1, Number.NaN])('a buffer of %d bytes', (bytes) => {
    expect(verifyPlan(resize(sound(), 'result read-back', bytes))).toEqual([`result read-back has ${bytes} bytes`]);
  });
});

describe('sabotage: bindings', () => {
  test('a dispatch that reads the buffer it writes', () => {
    const broken = rewire(sound(), 'activation.relu', ({ reads }) => ({ writes: { out: reads.x } }));
    expect(verifyPlan(broken)).toContain('activation.relu reads and writes one buffer');
  });

  test('also where two values share that buffer', () => {
    const plan = sound();
    const { buffer } = placeOf(plan, 'product');
    const faults = verifyPlan(move(plan, 'relu(product)', { buffer }));
    expect(faults).toContain('activation.relu reads and writes one buffer');
  });

  test('a dispatch that binds one buffer writable twice', () => {
    const broken = rewire(sound(), 'optimizer.adam', ({ writes }) => ({
      writes: { ...writes, moment2: writes.moment1 },
    }));
    expect(verifyPlan(broken)).toEqual(['optimizer.adam binds one buffer writable twice']);
  });

  test('reading one buffer twice is allowed', () => {
    const harmless = rewire(sound(), 'elementwise.add', ({ reads }) => ({ reads: { x: reads.x, y: reads.x } }));
    expect(verifyPlan(harmless)).toEqual([]);
  });

  test('more bindings than the device has', () => {
    const plan = sound();
    const bound = (limit: number) => ({ ...plan, limits: { ...plan.limits, maxStorageBuffersPerShaderStage: limit } });
    // The cross-entropy binds five buffers, and nothing here binds more.
    expect(verifyPlan(bound(5))).toEqual([]);
    const faults = verifyPlan(bound(3));
    expect(faults).toContain('optimizer.adam has 4 bindings');
    expect(faults).toContain('loss.crossEntropy has 5 bindings');
  });

  test('nine bindings at the default limits', () => {
    const broken = rewire(sound(), 'activation.relu', ({ reads }) => ({
      reads: Object.fromEntries(Array.from({ length: 8 }, (_, i): [string, Piece] => [`x${i}`, reads.x])),
    }));
    expect(verifyPlan(broken)).toEqual(['activation.relu has 9 bindings']);
  });
});

describe('sabotage: order', () => {
  test('a value read before anything wrote it', () => {
    const plan = sound();
    const [first, second, ...rest] = plan.routines.train;
    const swapped = { ...plan, routines: { ...plan.routines, train: [second, first, ...rest] } };
    expect(verifyPlan(swapped)).toContain('train: activation.relu reads product before anything wrote it');
  });

  test('a value that only another routine wrote: its slot has been used for other things since', () => {
    const plan = sound();
    const logits = placeOf(plan, 'logits').piece;
    expect(plan.routines.train.some(({ writes }) => writes.out?.value === logits.value)).toBe(true);
    const argMax = plan.routines.evaluate.findIndex(({ kernel }) => kernel === 'metrics.argMax');
    const evaluate = plan.routines.evaluate.map((d, i) => (i === argMax ? { ...d, reads: { x: logits } } : d));
    expect(verifyPlan({ ...plan, routines: { ...plan.routines, evaluate } })).toContain(
      'evaluate: metrics.argMax reads logits before anything wrote it',
    );
  });

  test('one panel written is not the other panel written', () => {
    const plan = sound({ ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 1600 });
    const written = (value: Value, panel: number) => (dispatch: Dispatch) =>
      Object.values(dispatch.writes).some((piece) => piece.value === value && piece.panel === panel);
    const { value } = placeOf(plan, 'relu(product)').piece;
    const train = plan.routines.train.filter((dispatch) => !written(value, 1)(dispatch));
    expect(train).toHaveLength(plan.routines.train.length - 1);
    expect(verifyPlan({ ...plan, routines: { ...plan.routines, train } })).toContain(
      'train: elementwise.add reads relu(product) before anything wrote it',
    );
  });
});

describe('sabotage: launches', () => {
  const most = DEFAULT_LIMITS.maxComputeWorkgroupsPerDimension;

  test('a grid over the two dimensions of the device', () => {
    const plan = { ...sound(), limits: { ...DEFAULT_LIMITS, maxComputeWorkgroupsPerDimension: 2 } };
    // Four workgroups of 64 are 256 threads.
    expect(verifyPlan(rewire(plan, 'activation.relu', launching({ threads: 257 })))).toEqual([
      'activation.relu launches 257 threads',
    ]);
    expect(verifyPlan(rewire(plan, 'activation.relu', launching({ threads: 256 })))).toEqual([]);
  });

  test('more than 65,535 workgroups go into the second dimension', () => {
    const threads = (most + 1) * 64;
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ threads })))).toEqual([]);
  });

  test('more threads than 32 bits can number', () => {
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ threads: 2 ** 32 + 1 })))).toEqual([
      'activation.relu launches 4294967297 threads',
    ]);
  });

  test('a grid at the capacity, not at some smaller step', () => {
    const plan = sound();
    const wide = { ...plan, capacity: { nodes: 2 ** 32 } };
    expect(verifyPlan(wide)).toContain(`activation.relu launches ${2 ** 33} threads`);
  });

  test('more parameters than a block holds', () => {
    const params = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]));
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ params: params(65) })))).toEqual([
      'activation.relu has 65 parameters, more than 64',
    ]);
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ params: params(64) })))).toEqual([]);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number])('a parameter of %d', (value) => {
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ params: { rows: value } })))).toEqual([
      'activation.relu gets no number for rows',
    ]);
  });

  test('a number of threads that is none', () => {
    expect(verifyPlan(rewire(sound(), 'activation.relu', launching({ threads: Number.NaN })))).toEqual([
      'activation.relu launches NaN threads',
    ]);
  });

  test('a scalar that no step has: the loss would be scaled by it', () => {
    const misspelt = (dispatch: Dispatch) => ({
      at: (step: Parameters<Dispatch['at']>[0]) => dispatch.at({ ...step, scalars: {} }),
    });
    expect(verifyPlan(rewire(sound(), 'loss.crossEntropyGrad', misspelt))).toEqual([
      'loss.crossEntropyGrad gets no number for scale',
    ]);
  });
});
