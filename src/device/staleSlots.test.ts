import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nastyCsr } from '../graph/testGraphs.ts';
import { newGraph, state } from '../tensor/graph.ts';
import { relu } from '../tensor/ops/activation.ts';
import { batchNorm } from '../tensor/ops/batchNorm.ts';
import { concatColumns, meanHeads } from '../tensor/ops/columns.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias } from '../tensor/ops/elementwise.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { matmul, type Orientation } from '../tensor/ops/matmul.ts';
import { maxOf } from '../tensor/ops/maximum.ts';
import { firstRows } from '../tensor/ops/rows.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, type Plan } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { allCases, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, dense, type OpCase, runCase, tightLimits } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/**
 * A slot holds what its last value left there, before, between and behind the rows of the next one. No kernel may take
 * that for zeros: neither in the padding that it ought to write, nor past the end of what it reads, where 0 · NaN is NaN.
 */

/** A product of values that were computed, so that both are in slots; those of `matmulCase` are resident. */
function computedProduct(orientation: Orientation, m: number, k: number, n: number): OpCase {
  const shapes = { nn: [m, k, k, n], nt: [m, k, n, k], tn: [m, k, m, n] } as const;
  const [aRows, aCols, bRows, bCols] = shapes[orientation];
  return {
    name: `matmul ${orientation} ${m} × ${k} × ${n} of computed matrices`,
    sizes: {},
    build(g) {
      const [a, b] = [dense(g, 'a', aRows, aCols), dense(g, 'b', bRows, bCols)];
      const product = matmul(g, relu(g, a[0]), relu(g, b[0]), orientation);
      return { inputs: [a, b], outputs: [product], moving: [a[0], b[0]] };
    },
  };
}

/** Dense layers around an aggregation: every value between the input and the gradients is in a slot. */
const layers: OpCase = (() => {
  const csr = nastyCsr(700, 1, true);
  const { sizes } = sparseInputs(newGraph(), csr);
  return {
    name: 'dense layers around an aggregation',
    sizes,
    build(g) {
      const { matrix, data } = sparseInputs(g, csr);
      const [x, w1, b1, w2] = [
        dense(g, 'x', 700, 5),
        dense(g, 'W1', 5, 13),
        dense(g, 'b1', 1, 13),
        dense(g, 'W2', 13, 6),
      ];
      const hidden = relu(g, addBias(g, spmm(g, matrix, matmul(g, x[0], w1[0])), b1[0]));
      const out = matmul(g, dropout(g, hidden, null), w2[0]);
      return { inputs: [...data, x, w1, b1, w2], outputs: [out], moving: [x[0], w1[0], b1[0], w2[0]] };
    },
  };
})();

/** A layer that puts parts of odd widths together, and norms: what they read and what they write is in slots. */
const parts: OpCase = {
  name: 'norms, heads and parts of odd widths',
  sizes: {},
  build(g) {
    const [x, y, weight, bias] = [
      dense(g, 'x', 151, 5),
      dense(g, 'y', 151, 6),
      dense(g, 'weight', 1, 5),
      dense(g, 'bias', 1, 5),
    ];
    const [mean, variance] = ['mean', 'variance'].map((name) => state(g, name, 'parameters', 1, 5));
    const rows = layerNorm(g, relu(g, x[0]), weight[0], bias[0]);
    const columns = batchNorm(g, rows, weight[0], bias[0], { mean, variance }, true);
    const heads = meanHeads(g, concatColumns(g, [rows, relu(g, y[0]), rows, columns]), 3);
    const out = relu(
      g,
      maxOf(g, [firstRows(g, heads, 77), firstRows(g, concatColumns(g, [y[0], meanHeads(g, y[0], 6)]), 77)]),
    );
    return { inputs: [x, y, weight, bias], outputs: [out], moving: [x[0], y[0], weight[0], bias[0]] };
  },
};

const ORIENTATIONS: readonly Orientation[] = ['nn', 'nt', 'tn'];
const cases = [
  layers,
  parts,
  ...ORIENTATIONS.flatMap((o) => [computedProduct(o, 30, 5, 7), computedProduct(o, 301, 33, 18)]),
  ...allCases().filter(
    ({ name }) =>
      !name.startsWith('rowDots') &&
      /(spmm|spmax|sparse features).* width (3|33)\b|classes|heads of (1|5|3|33)\b|^(prelu|scaledSum) width (3|33)\b/.test(
        name,
      ),
  ),
];
const LIMITS = [
  { title: 'whole matrices', limitsOf: () => DEFAULT_LIMITS },
  { title: 'panels', limitsOf: tightLimits },
];
const isSlot = (label = '') => label.startsWith('slot ');
/** Room behind the values of a slot. */
const MORE = 4096;

test('each case has slots', () => {
  const without = cases.filter((c) => !buildCase(c).plan.buffers.some(({ label }) => isSlot(label)));
  expect(without.map(({ name }) => name)).toEqual([]);
});

describe.each(LIMITS)('$title: poisoned by the run before', ({ limitsOf }) => {
  test.each(cases.filter(({ runs }) => !runs))('$name on the CPU', async (c) => {
    const built = buildCase(c, limitsOf(c));
    const fresh = await runCase(built, cpuExecutor(built.plan));
    const twice = { ...built, steps: [built.step, built.step] };
    expect(await runCase(twice, cpuExecutor(built.plan, { poison: true }))).toEqual(fresh);
  });
});

describe(`slots that begin as NaN${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  /** The real device, whose slots are not zero at first. */
  function filling(): { device: GPUDevice; filled: () => number } {
    let filled = 0;
    const device = new Proxy(gpu.device, {
      get(target, key) {
        if (key === 'createBuffer') {
          return (descriptor: GPUBufferDescriptor) => {
            if (!isSlot(descriptor.label)) return target.createBuffer(descriptor);
            const buffer = target.createBuffer({ ...descriptor, mappedAtCreation: true });
            new Float32Array(buffer.getMappedRange()).fill(Number.NaN);
            buffer.unmap();
            filled++;
            return buffer;
          };
        }
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { device, filled: () => filled };
  }

  describe.each(LIMITS)('$title', ({ limitsOf }) => {
    test.skipIf(NO_ADAPTER).each(cases)('$name', async (c) => {
      const built = buildCase(c, limitsOf(c));
      const roomy: Plan = {
        ...built.plan,
        buffers: built.plan.buffers.map((b) => (isSlot(b.label) ? { ...b, bytes: b.bytes + MORE } : b)),
      };
      const { device, filled } = filling();
      const stale = await webgpuExecutor(device, gpu.description, roomy);
      const actual = await runCase(built, stale);
      stale.destroy();
      expect(filled()).toBe(roomy.buffers.filter(({ label }) => isSlot(label)).length);
      const clean = await webgpuExecutor(gpu.device, gpu.description, built.plan);
      expect(actual).toEqual(await runCase(built, clean));
      clean.destroy();
    });
  });
});
