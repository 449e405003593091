import { describe, expect, test } from 'vitest';
import { gradients } from './autodiff.ts';
import { addNode, input, newGraph, state } from './graph.ts';
import type { OpGraph } from './op.ts';
import { relu } from './ops/activation.ts';
import { add } from './ops/elementwise.ts';
import { maskedCrossEntropy } from './ops/loss.ts';
import { matmul } from './ops/matmul.ts';
import { countClasses } from './ops/metrics.ts';
import { optimize } from './ops/optimizer.ts';
import {
  BULK,
  DEFAULT_LIMITS,
  makePlan,
  PARAMETER_BLOCKS,
  type Plan,
  type Program,
  parameterStride,
  RESULT_STAGING,
  RESULTS,
  TIMES_READ,
  TIMESTAMPS,
  UNIFORMS,
} from './plan.ts';
import { type Sizes, symbol, type Value } from './value.ts';
import { verifyPlan } from './verify.ts';

const NODES = symbol('nodes');
const SMALL: Sizes = { nodes: 100 };
const SERVICE = [UNIFORMS, RESULTS, BULK];

function plan(graph: OpGraph, more: Partial<Program> = {}, limits = DEFAULT_LIMITS): Plan {
  const made = makePlan({ graph, capacity: SMALL, results: [], readable: [], ...more }, limits);
  expect(verifyPlan(made)).toEqual([]);
  expect(made.bytes).toBe(made.buffers.reduce((sum, { bytes }) => sum + bytes, 0));
  return made;
}

function placed(made: Plan, value: Value) {
  const found = made.placements.filter(({ piece }) => piece.value === value);
  expect(found).toHaveLength(1);
  return found[0];
}

/** The buffers that hold values. */
const held = (made: Plan) => made.buffers.filter(({ label }) => !SERVICE.includes(label));
const service = (made: Plan, label: string) => made.buffers.filter((buffer) => buffer.label === label);
const features = (g: OpGraph, cols = 8) => input(g, 'x', 'features', 'f32', NODES, cols, 'padded');

/** x → relu → relu → … : each link is needed by the next one alone. */
function chain(g: OpGraph, x: Value, links: number): Value[] {
  const values: Value[] = [];
  for (let i = 0; i < links; i++) values.push(relu(g, values[i - 1] ?? x));
  return values;
}

/** Two layers, trained and evaluated: everything that a plan of a real program holds. */
function training() {
  const g = newGraph();
  const x = features(g);
  const labels = input(g, 'labels', 'labels', 'u32', NODES, 1, 'packed', 'step');
  const mask = input(g, 'mask', 'labels', 'u32', NODES, 1, 'packed', 'step');
  const parameters = [state(g, 'w1', 'parameters', 8, 6), state(g, 'w2', 'parameters', 6, 3)];
  const losses = state(g, 'losses', 'results', 1, 4);
  const counts = input(g, 'counts', 'results', 'u32', 9, 3);
  const forward = () => matmul(g, relu(g, matmul(g, x, parameters[0])), parameters[1], 'nn', 'logits');
  g.routine = 'train';
  maskedCrossEntropy(g, forward(), labels, mask, losses);
  optimize(g, gradients(g, parameters), { rule: 'adam', decayOf: () => 'weightDecay', clip: false });
  g.routine = 'evaluate';
  const logits = forward();
  maskedCrossEntropy(g, logits, labels, mask, losses);
  countClasses(g, logits, labels, mask, counts);
  return { graph: g, capacity: SMALL, results: [losses, counts], readable: [...parameters, logits] };
}

describe('liveness', () => {
  test('a transient value lives from the dispatch that writes it to the last one that reads it', () => {
    const g = newGraph();
    const x = features(g);
    const [a, b] = chain(g, x, 2);
    const c = add(g, a, b);
    const d = add(g, c, a);
    const made = plan(g);
    expect([a, b, c, d].map((value) => [placed(made, value).from, placed(made, value).to])).toEqual([
      [0, 3],
      [1, 2],
      [2, 3],
      [3, 3],
    ]);
    // b is free when d is written; a and c are not.
    expect(placed(made, d).buffer).toBe(placed(made, b).buffer);
    expect(new Set([a, b, c].map((value) => placed(made, value).buffer)).size).toBe(3);
  });

  test('a chain of any length needs two slots', () => {
    for (const links of [2, 3, 10]) {
      const g = newGraph();
      chain(g, features(g), links);
      expect(held(plan(g)).map(({ bytes }) => bytes)).toEqual([3200, 3200, 3200]);
    }
  });

  test('routines share slots: the second one needs no more memory than the larger of both', () => {
    const g = newGraph();
    const x = features(g);
    g.routine = 'train';
    const first = chain(g, x, 4);
    const alone = plan(g);
    g.routine = 'evaluate';
    const second = chain(g, x, 3);
    const both = plan(g);
    expect(held(both)).toEqual(held(alone));
    expect(Object.keys(both.routines)).toEqual(['train', 'evaluate']);
    const buffers = (values: Value[]) => new Set(values.map((value) => placed(both, value).buffer));
    expect(buffers(second)).toEqual(buffers(first));
    expect(placed(both, second[0]).from).toBe(4);
  });

  test('persistent values keep their buffers, all along', () => {
    const g = newGraph();
    const x = features(g);
    const w = state(g, 'w', 'parameters', 8, 3);
    chain(g, matmul(g, x, w), 5);
    const made = plan(g);
    const last = Object.values(made.routines).flat().length - 1;
    for (const value of [x, w]) {
      const place = placed(made, value);
      expect(place).toMatchObject({ resident: true, from: 0, to: last });
      expect(made.placements.filter(({ buffer }) => buffer === place.buffer)).toHaveLength(1);
      expect(made.buffers[place.buffer]).toEqual({ bytes: place.bytes, purpose: value.purpose, label: value.name });
    }
  });

  test('an input that nothing uses takes no memory, unless somebody will ask for it', () => {
    const g = newGraph();
    chain(g, features(g), 1);
    const without = plan(g);
    const idle = input(g, 'idle', 'features', 'f32', NODES, 1000, 'padded');
    expect(plan(g).buffers).toEqual(without.buffers);
    expect(plan(g).placements).toEqual(without.placements);
    const asked = plan(g, { readable: [idle] });
    expect(placed(asked, idle)).toMatchObject({ bytes: 400_000, resident: true });
    expect(held(asked)).toHaveLength(held(without).length + 1);
  });

  test.each(['results', 'readable'] as const)('a transient value among the %s gets a buffer of its own', (list) => {
    const g = newGraph();
    const values = chain(g, features(g), 6);
    const made = plan(g, { [list]: [values[2]] });
    const place = placed(made, values[2]);
    expect(place).toMatchObject({ resident: true, from: 0, to: 5 });
    expect(made.placements.filter(({ buffer }) => buffer === place.buffer)).toHaveLength(1);
    expect(held(made)).toHaveLength(4);
    expect(held(plan(g))).toHaveLength(3);
  });
});

describe('values that the host writes before every step', () => {
  function threeRoutines() {
    const g = newGraph();
    const x = features(g);
    g.routine = 'before';
    const before = chain(g, x, 3);
    g.routine = 'train';
    const early = chain(g, x, 2);
    const batch = input(g, 'batch', 'features', 'f32', NODES, 32, 'padded', 'step');
    const product = matmul(g, batch, state(g, 'w', 'parameters', 32, 8));
    const joined = add(g, early[1], product);
    const late = chain(g, joined, 3);
    g.routine = 'after';
    const after = chain(g, x, 3);
    return { made: plan(g), batch, before, early, product, late, after };
  }

  test('live from the start of their routine to their last use', () => {
    const { made, batch } = threeRoutines();
    expect(placed(made, batch)).toMatchObject({ from: 3, to: 5, resident: false });
  });

  test('share their slot with what lives outside, and with nothing inside that time', () => {
    const { made, batch, before, early, product, late, after } = threeRoutines();
    const { buffer } = placed(made, batch);
    const sharing = (values: Value[]) => values.filter((value) => placed(made, value).buffer === buffer);
    expect(sharing([...early, product])).toEqual([]);
    expect(sharing(before).length).toBeGreaterThan(0);
    expect(sharing(late).length).toBeGreaterThan(0);
    expect(sharing(after).length).toBeGreaterThan(0);
    // x, w and three slots: the batch, which is the largest, and two others.
    expect(held(made).map(({ bytes }) => bytes)).toEqual([3200, 1024, 12_800, 3200, 3200]);
  });
});

describe('scratch', () => {
  /** A transposed product: chunks of rows are summed into scratch, which the second dispatch merges. */
  function withScratch() {
    const g = newGraph();
    // So wide that one dispatch is not enough.
    const x = input(g, 'x', 'features', 'f32', NODES, 64, 'padded');
    const products = [matmul(g, x, x, 'tn', 'p'), matmul(g, x, x, 'tn', 'q')];
    return { made: plan(g, { readable: products }), products };
  }

  test('lives inside its node, and the next node takes over its slot', () => {
    const { made, products } = withScratch();
    const scratch = made.placements.filter(({ piece }) => piece.value.name === 'matmul.tn partial sums');
    expect(scratch.map(({ from, to, resident }) => [from, to, resident])).toEqual([
      [0, 1, false],
      [2, 3, false],
    ]);
    expect(scratch[0].buffer).toBe(scratch[1].buffer);
    expect(new Set(made.placements.map(({ piece }) => piece.value.id)).size).toBe(1 + products.length + 2);
  });

  test('is as large as the capacity asks for', () => {
    const { made } = withScratch();
    const scratch = made.placements.find(({ piece }) => piece.value.name === 'matmul.tn partial sums')!;
    // 100 rows are two chunks of at least 64; each has 64 × 64 partial sums.
    expect(scratch.bytes).toBe(2 * 64 * 64 * 4);
  });
});

describe('bytes', () => {
  test('are those of the buffers, piece by piece', () => {
    const program = training();
    const made = plan(program.graph, program);
    for (const { bytes, buffer } of made.placements) expect(bytes).toBeLessThanOrEqual(made.buffers[buffer].bytes);
    const resident = made.placements.filter((place) => place.resident);
    for (const { bytes, buffer } of resident) expect(made.buffers[buffer].bytes).toBe(bytes);
    expect(made.bytes).toBeGreaterThan(resident.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  test('of a value: rows at the capacity, columns padded to four or packed, never under 16', () => {
    const g = newGraph();
    const values = [
      input(g, 'padded', 'features', 'f32', NODES, 5, 'padded'),
      input(g, 'packed', 'labels', 'u32', NODES, 5),
      input(g, 'pointers', 'graph', 'u32', symbol('nodes', 1), 1),
      input(g, 'one', 'graph', 'u32', 1, 1),
      input(g, 'none', 'graph', 'u32', 0, 4),
    ];
    const made = plan(g, { readable: values });
    expect(values.map((value) => placed(made, value).bytes)).toEqual([3200, 2000, 404, 16, 16]);
  });

  test('include one block of parameters per dispatch of the longest routine, at offsets the device accepts', () => {
    const g = newGraph();
    const x = features(g);
    for (const [routine, links] of [
      ['a', 2],
      ['b', 7],
      ['c', 3],
    ] as const) {
      g.routine = routine;
      chain(g, x, links);
    }
    expect(service(plan(g), UNIFORMS)).toEqual([
      { bytes: 7 * PARAMETER_BLOCKS * 256, purpose: 'uniforms', label: UNIFORMS },
    ]);
    const fine = { ...DEFAULT_LIMITS, minUniformBufferOffsetAlignment: 32 };
    // Sixty-four words are the most that a dispatch has.
    expect(parameterStride(fine)).toBe(256);
    expect(service(plan(g, {}, fine), UNIFORMS)[0].bytes).toBe(7 * PARAMETER_BLOCKS * 256);
  });

  test('include the staging of results, once per read-back under way, and of one large read-back', () => {
    const program = training();
    const made = plan(program.graph, program);
    const results = 16 + 9 * 3 * 4;
    expect(service(made, RESULTS)).toEqual(
      Array.from({ length: RESULT_STAGING }, () => ({ bytes: results, purpose: 'staging', label: RESULTS })),
    );
    // The largest value that can be asked for: the logits.
    expect(service(made, BULK)).toEqual([{ bytes: 100 * 4 * 4, purpose: 'staging', label: BULK }]);
    const without = plan(program.graph);
    expect([...service(without, RESULTS), ...service(without, BULK)]).toEqual([]);
  });

  test('the staging of a large read-back is bounded: it goes through in parts', () => {
    const g = newGraph();
    const x = features(g, 64);
    const made = plan(g, { capacity: { nodes: 100_000 }, readable: [x] });
    expect(placed(made, x).bytes).toBe(25_600_000);
    expect(service(made, BULK)[0].bytes).toBe(256 * 1024);
  });

  test('include two stamps for each dispatch of the longest routine where kernels are to be timed, twice', () => {
    const g = newGraph();
    const x = features(g);
    chain(g, x, 3);
    g.routine = 'other';
    chain(g, x, 7);
    const program = { graph: g, capacity: SMALL, results: [], readable: [] };
    const [timed, plain] = [makePlan(program, DEFAULT_LIMITS, { timestamps: true }), makePlan(program, DEFAULT_LIMITS)];
    expect(verifyPlan(timed)).toEqual([]);
    for (const label of [TIMESTAMPS, TIMES_READ]) {
      expect(service(timed, label)).toEqual([{ bytes: 7 * 16, purpose: 'staging', label }]);
    }
    expect(timed.buffers.slice(0, -2)).toEqual(plain.buffers);
    expect(timed.bytes).toBe(plain.bytes + 2 * 7 * 16);
  });

  test('of a program without dispatches: nothing to time', () => {
    const program = { graph: newGraph(), capacity: SMALL, results: [], readable: [] };
    expect(makePlan(program, DEFAULT_LIMITS, { timestamps: true }).buffers.map(({ label }) => label)).toEqual([
      UNIFORMS,
    ]);
  });

  test('of an empty program: its parameters alone', () => {
    const made = plan(newGraph());
    expect(made.buffers.map(({ label }) => label)).toEqual([UNIFORMS]);
    expect([made.placements, made.routines]).toEqual([[], {}]);
  });

  test('grow with the capacity', () => {
    const program = training();
    const bytes = [1, 64, 65, 1000, 1001].map(
      (nodes) => plan(program.graph, { ...program, capacity: { nodes } }).bytes,
    );
    expect([...bytes].sort((a, b) => a - b)).toEqual(bytes);
    expect(new Set(bytes).size).toBe(bytes.length);
  });
});

describe('panels', () => {
  const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 100 * 8 * 4 };

  test('a value over the binding limit has one place per panel, each within the limit', () => {
    const g = newGraph();
    const x = features(g, 20);
    const made = plan(g, { readable: [relu(g, x)] }, limits);
    const panels = made.placements.filter(({ piece }) => piece.value === x);
    expect(panels.map(({ piece, panel, bytes }) => [piece.panel, panel.first, panel.cols, bytes])).toEqual([
      [0, 0, 8, 3200],
      [1, 8, 8, 3200],
      [2, 16, 4, 1600],
    ]);
    expect(new Set(panels.map(({ buffer }) => buffer)).size).toBe(3);
    expect(made.routines.main).toHaveLength(3);
  });

  test('maxBufferSize bounds a panel as the binding limit does', () => {
    const g = newGraph();
    const x = features(g, 20);
    const small = { ...DEFAULT_LIMITS, maxBufferSize: 100 * 8 * 4 };
    expect(plan(g, { readable: [x] }, small).placements).toHaveLength(3);
  });

  test('the panels of a transient value come and go one by one', () => {
    const g = newGraph();
    const [a, b] = chain(g, features(g, 16), 2);
    const made = plan(g, {}, limits);
    const lives = (value: Value) =>
      made.placements
        .filter(({ piece }) => piece.value === value)
        .sort((left, right) => left.piece.panel - right.piece.panel)
        .map(({ from, to }) => [from, to]);
    expect([lives(a), lives(b)]).toEqual([
      [
        [0, 2],
        [1, 3],
      ],
      [
        [2, 2],
        [3, 3],
      ],
    ]);
  });
});

describe('pure', () => {
  /** What a plan says without its functions: these are compared by what they return. */
  function plain({ routines, ...rest }: Plan) {
    const step = {
      sizes: SMALL,
      scalars: { lr: 0.1, weightDecay: 0, dropout: 0.5, lossScale: 1, step: 1, first: 1, firstPart: 1 },
      key: [1, 2] as const,
    };
    const dispatches = Object.entries(routines).map(([name, list]) => [
      name,
      list.map(({ kernel, reads, writes, at }) => ({ kernel, reads, writes, launch: at(step) })),
    ]);
    return { ...rest, dispatches };
  }

  test('one program, planned twice, gives one plan', () => {
    const program = training();
    const [first, second] = [plan(program.graph, program), plan(program.graph, program)];
    expect(plain(second)).toEqual(plain(first));
  });

  test('a program built again gives the same plan', () => {
    const [one, other] = [training(), training()];
    expect(plain(plan(one.graph, one))).toEqual(plain(plan(other.graph, other)));
  });

  test('planning changes nothing in the program', () => {
    const program = training();
    const [values, nodes] = [[...program.graph.values], [...program.graph.nodes]];
    plan(program.graph, program);
    expect(program.graph.values).toEqual(values);
    expect(program.graph.nodes).toEqual(nodes);
  });
});

test('a size without a number at the capacity is named', () => {
  const g = newGraph();
  addNode(g, { name: 'none', locality: 'row', lower: () => [] }, [], [], null);
  const lost = input(g, 'lost', 'graph', 'u32', symbol('hop 3'), 1);
  expect(() => plan(g, { readable: [lost] })).toThrow("size 'hop 3' has no number");
});
