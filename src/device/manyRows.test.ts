import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gradients } from '../tensor/autodiff.ts';
import { input, newGraph, state } from '../tensor/graph.ts';
import { relu } from '../tensor/ops/activation.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { addBias } from '../tensor/ops/elementwise.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { countClasses } from '../tensor/ops/metrics.ts';
import { DEFAULT_LIMITS, makePlan, type Plan, WORKGROUP } from '../tensor/plan.ts';
import type { Value } from '../tensor/value.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { cpuExecutor } from './cpu/executor.ts';
import type { Executor, HostArray } from './executor.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type Data, dense, SCALARS } from './testing/opCase.ts';
import { withinRule } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { shaderText } from './webgpu/shaders.ts';

/**
 * More rows than 65,535 through the dense ops of a training step, values and gradients. A matmul has one thread per 4 × 4
 * elements, so its grid has a second dimension only over 256 MiB of output, which default limits cut into panels first:
 * here a row of the grid is as narrow as a plan of this size bears.
 */
const [ROWS, FEATURES, HIDDEN, CLASSES] = [70_001, 5, 12, 7];
const NARROW = { ...DEFAULT_LIMITS, maxComputeWorkgroupsPerDimension: 60 };
const step = { sizes: {}, scalars: { ...SCALARS, lossScale: 1 / ROWS }, key: [5, 6] as const };

function network(): { plan: Plan; data: Data[]; read: Value[] } {
  const g = newGraph();
  const x = dense(g, 'x', ROWS, FEATURES);
  const w1 = dense(g, 'W1', FEATURES, HIDDEN);
  const b1 = dense(g, 'b1', 1, HIDDEN);
  const w2 = dense(g, 'W2', HIDDEN, CLASSES);
  const labels: Data = [input(g, 'labels', 'labels', 'u32', ROWS, 1), new Uint32Array(ROWS).map((_, i) => i % CLASSES)];
  const mask: Data = [input(g, 'mask', 'labels', 'u32', ROWS, 1), new Uint32Array(ROWS).map((_, i) => (i * 5) % 4)];
  const total = state(g, 'loss', 'results', 1, 4);
  const counts = input(g, 'counts', 'results', 'u32', 9, CLASSES);
  const hidden = dropout(g, relu(g, addBias(g, matmul(g, x[0], w1[0]), b1[0])), null);
  const logits = matmul(g, hidden, w2[0]);
  maskedCrossEntropy(g, logits, labels[0], mask[0], total);
  countClasses(g, logits, labels[0], mask[0], counts);
  const found = gradients(g, [x[0], w1[0], b1[0], w2[0]], new Map());
  const read = [total, counts, hidden, logits, ...found.values()];
  const plan = makePlan({ graph: g, capacity: {}, results: [], readable: read }, NARROW);
  return { plan, data: [x, w1, b1, w2, labels, mask], read };
}

async function run({ data, read }: ReturnType<typeof network>, executor: Executor): Promise<HostArray[]> {
  for (const [value, array] of data) executor.write(value, array);
  await executor.run('main', step);
  const arrays: HostArray[] = [];
  for (const value of read) arrays.push(await executor.read(value));
  executor.destroy();
  return arrays;
}

describe(`${ROWS} rows${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test('the dense kernels over all rows need both dimensions of this grid', () => {
    const { plan } = network();
    expect(verifyPlan(plan)).toEqual([]);
    const folded = plan.routines.main.filter(
      (dispatch) => dispatch.at(step).threads > NARROW.maxComputeWorkgroupsPerDimension * WORKGROUP,
    );
    expect([...new Set(folded.map(({ kernel }) => kernel))].sort()).toEqual([
      'activation.relu',
      'activation.reluGrad',
      'dropout.global',
      'elementwise.addBias',
      'loss.crossEntropy',
      'loss.crossEntropyGrad',
      'loss.logSumExp',
      'matmul.nn',
      'matmul.nt',
      'metrics.argMax',
      'metrics.count',
    ]);
  });

  test.skipIf(NO_ADAPTER)('values, counts and gradients of a step are those of the oracle', async () => {
    const net = network();
    const description = { ...gpu.description, software: false };
    const actual = await run(net, await webgpuExecutor(gpu.device, description, net.plan));
    const oracle = await run(net, cpuExecutor(net.plan, { precision: 64 }));
    const cpu = await run(net, cpuExecutor(net.plan));
    net.read.forEach(({ name, dtype, purpose }, i) => {
      if (dtype === 'u32') expect(actual[i], name).toEqual(cpu[i]);
      const { ok, message } = withinRule(actual[i], cpu[i], oracle[i]);
      expect(ok, `${name} (${purpose}): ${message}`).toBe(true);
    });
    // Every node of a split is counted once: none is lost between the rows of a grid.
    const counts = actual[1];
    for (const split of [0, 1, 2]) {
      const actualRow = counts.subarray((3 * split + 2) * CLASSES, (3 * split + 3) * CLASSES);
      const expected = net.data[5][1].filter((code) => code === split + 1).length;
      expect([...actualRow].reduce((sum, count) => sum + count, 0)).toBe(expected);
    }
  });

  test.skipIf(NO_ADAPTER)('a grid whose second dimension is ignored is noticed', async () => {
    const net = network();
    const edit = (code: string) => code.replace('(group.y * groups.x + group.x)', 'group.x');
    expect(edit(shaderText('common'))).not.toBe(shaderText('common'));
    const description = { ...gpu.description, software: false };
    const wrong = await run(net, await webgpuExecutor(gpu.device, description, net.plan, { edit }));
    const cpu = await run(net, cpuExecutor(net.plan));
    const missed = net.read.filter((_, i) => withinRule(wrong[i], cpu[i], cpu[i]).ok).map(({ name }) => name);
    expect(missed).toEqual([]);
  });
});
