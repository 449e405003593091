import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { sortedCsr } from '../graph/csr.ts';
import { shuffled } from '../graph/draw.ts';
import { seedKey } from '../graph/random.ts';
import { nastyCsr } from '../graph/testGraphs.ts';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph, state } from '../tensor/graph.ts';
import { relu } from '../tensor/ops/activation.ts';
import { gatAttention, gatv2Attention } from '../tensor/ops/attention.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { add, addBias } from '../tensor/ops/elementwise.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { countClasses } from '../tensor/ops/metrics.ts';
import { rowDots } from '../tensor/ops/rowDots.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../tensor/plan.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor, HostArray } from './executor.ts';
import { sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { randoms, SCALARS } from './testing/opCase.ts';
import { difference } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Numbering the nodes otherwise renumbers what each of them gets, and changes nothing that is summed over them. */

const [NODES, WIDTH, HIDDEN, HEADS, CLASSES] = [700, 33, 16, 2, 7];

interface Numbered {
  readonly csr: CsrMatrix;
  readonly x: Float32Array;
  readonly labels: Uint32Array;
  readonly mask: Uint32Array;
  /** The number that each node has in the other numbering: what its dropout mask goes by. */
  readonly ids: Uint32Array;
}

const identity = Uint32Array.from({ length: NODES }, (_, v) => v);
const first: Numbered = {
  csr: nastyCsr(NODES, 1, true),
  x: randoms(NODES * WIDTH, 3),
  labels: identity.map((v) => (v * 13) % CLASSES),
  mask: identity.map((v) => (v * 5) % 4),
  ids: identity,
};
/** order[v] is the new number of node v. */
const order = shuffled(identity.slice(), seedKey(9));
const second: Numbered = permuted(first);

function permuted({ csr, x, labels, mask }: Numbered): Numbered {
  const rowOf = new Uint32Array(csr.indices.length);
  for (let row = 0; row < NODES; row++) rowOf.fill(order[row], csr.indptr[row], csr.indptr[row + 1]);
  const columns = csr.indices.map((column) => order[column]);
  const move = (list: Uint32Array) => {
    const moved = new Uint32Array(NODES);
    for (let v = 0; v < NODES; v++) moved[order[v]] = list[v];
    return moved;
  };
  const rows = new Float32Array(x.length);
  for (let v = 0; v < NODES; v++) rows.set(x.subarray(v * WIDTH, (v + 1) * WIDTH), order[v] * WIDTH);
  return {
    csr: sortedCsr(rowOf, columns, csr.values, NODES, NODES),
    x: rows,
    labels: move(labels),
    mask: move(mask),
    ids: move(identity),
  };
}

/** Attention of both kinds and two convolutions, with dropout; the loss, counts and weight gradients. */
async function run(numbered: Numbered, open: (plan: Plan) => Promise<Executor>) {
  const g = newGraph();
  const { matrix, data, sizes } = sparseInputs(g, numbered.csr);
  const x = input(g, 'x', 'features', 'f32', NODES, WIDTH, 'padded');
  const [labels, mask, ids] = ['labels', 'mask', 'ids'].map((name) => input(g, name, 'labels', 'u32', NODES, 1));
  const shapes: [string, number, number][] = [
    ['W1', WIDTH, HIDDEN],
    ['b1', 1, HIDDEN],
    ['W2', HIDDEN, CLASSES],
    ['source', 1, HIDDEN],
    ['target', 1, HIDDEN],
    ['attention', 1, HIDDEN],
  ];
  const weights = shapes.map(([name, rows, cols]) => state(g, name, 'parameters', rows, cols));
  const total = state(g, 'loss', 'results', 1, 4);
  const counts = input(g, 'counts', 'results', 'u32', 9, CLASSES);
  const options = { heads: HEADS, negativeSlope: 0.2, dropout: { ids } };
  const transformed = matmul(g, x, weights[0]);
  const [ofSource, ofTarget] = [weights[3], weights[4]].map((vector) => rowDots(g, transformed, vector, HEADS));
  const attended = gatAttention(g, matrix, transformed, ofSource, ofTarget, options);
  const again = gatv2Attention(g, matrix, attended, transformed, weights[5], options);
  const hidden = relu(g, addBias(g, spmm(g, matrix, add(g, transformed, again)), weights[1]));
  const logits = spmm(g, matrix, matmul(g, dropout(g, hidden, ids), weights[2]), 'logits');
  maskedCrossEntropy(g, logits, labels, mask, total);
  countClasses(g, logits, labels, mask, counts);
  const summed = [total, ...gradients(g, weights).values()];
  const readable = [logits, counts, ...summed];
  const plan = makePlan({ graph: g, capacity: sizes, results: [], readable }, DEFAULT_LIMITS);
  expect(verifyPlan(plan)).toEqual([]);
  const executor = await open(plan);
  for (const [value, array] of data) executor.write(value, array);
  executor.write(x, numbered.x);
  executor.write(labels, numbered.labels);
  executor.write(mask, numbered.mask);
  executor.write(ids, numbered.ids);
  for (const value of weights) executor.write(value, randoms((value.rows as number) * value.cols, value.cols));
  await executor.run('main', { sizes, scalars: SCALARS, key: [1, 2] });
  const arrays: HostArray[] = [];
  for (const value of readable) arrays.push(await executor.read(value));
  executor.destroy();
  const [ofNodes, counted, ...sums] = arrays;
  return { ofNodes, counted, sums };
}

describe('renumbered nodes', () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  const near = (actual: ArrayLike<number>, expected: ArrayLike<number>, scale: number) =>
    expect(difference(actual, expected).error).toBeLessThan(1e-5 * scale);

  test('the numbering is another one', () => {
    expect(order).not.toEqual(identity);
    expect(second.csr.indices).not.toEqual(first.csr.indices);
  });

  describe.each([
    { title: 'CPU', skipped: '', open: async (plan: Plan): Promise<Executor> => cpuExecutor(plan, { poison: true }) },
    {
      title: `WebGPU${NO_ADAPTER}`,
      skipped: NO_ADAPTER,
      open: (plan: Plan): Promise<Executor> => webgpuExecutor(gpu.device, gpu.description, plan),
    },
  ])('$title', ({ skipped, open }) => {
    test.skipIf(skipped)('each node keeps its logits; loss, counts and weight gradients stay', async () => {
      const before = await run(first, open);
      const after = await run(second, open);
      const { scale } = difference(before.ofNodes, before.ofNodes);
      expect(scale).toBeGreaterThan(1);
      for (let v = 0; v < NODES; v++) {
        const row = after.ofNodes.subarray(order[v] * CLASSES, (order[v] + 1) * CLASSES);
        near(row, before.ofNodes.subarray(v * CLASSES, (v + 1) * CLASSES), scale);
      }
      expect(after.counted).toEqual(before.counted);
      after.sums.forEach((array, i) => {
        near(array, before.sums[i], difference(array, array).scale);
      });
    });
  });
});
