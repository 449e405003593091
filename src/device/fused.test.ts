import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activate, prelu } from '../tensor/ops/activation.ts';
import { combine } from '../tensor/ops/combine.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { add, addBias } from '../tensor/ops/elementwise.ts';
import { layerNorm } from '../tensor/ops/layerNorm.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, type Limits } from '../tensor/plan.ts';
import { cpuExecutor } from './cpu/executor.ts';
import { directedCsr, sparseCase } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, dense, type OpCase, runCase, tightLimits } from './testing/opCase.ts';
import { measuring, withinRules } from './testing/rule.ts';
import { updateCase } from './testing/updateCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** Fused kernels against the same work unfused: values and gradients of what stands around a layer. */

const NODES = 700;

/** Layers of several kinds over a graph with heavy rows, so that two kernels store into one matrix. */
const cases: OpCase[] = [3, 16, 33].map((width) =>
  sparseCase(`layers of width ${width}`, directedCsr(NODES, 1, true), (g, matrix) => {
    const x = dense(g, 'x', NODES, width);
    const [weight, bias, scale] = [dense(g, 'w', width, width), dense(g, 'b', 1, width), dense(g, 'scale', 1, width)];
    const slope = dense(g, 'slope', 1, 1);
    const gathered = addBias(g, spmm(g, matrix, matmul(g, x[0], weight[0])), bias[0]);
    const dropped = dropout(g, activate(g, 'relu', gathered), null);
    const residual = add(g, x[0], dropped);
    const normal = layerNorm(g, residual, scale[0], bias[0]);
    const bent = prelu(g, activate(g, 'gelu', matmul(g, normal, weight[0])), slope[0]);
    const out = combine(g, 0.9, spmm(g, matrix, bent), 0.1, residual);
    const data = [x, weight, bias, scale, slope];
    return { data, outputs: [out], moving: data.map(([value]) => value) };
  }),
);

const updates: OpCase[] = (['adam', 'adamw', 'sgd'] as const).map((rule) => updateCase(rule, NODES, 16));

const fusedNames = (c: OpCase, limits: Limits) =>
  buildCase(c, limits, { fuse: true })
    .plan.routines.main.map(({ kernel }) => kernel)
    .filter((kernel) => kernel.includes('+'));

test.each(cases)('$name: light and heavy rows get the same tail, and a gradient flows through several stages', (c) => {
  const names = fusedNames(c, DEFAULT_LIMITS);
  const tail = '+elementwise.addBias@x+activation.relu@x+dropout.global@x!';
  expect(names.filter((name) => name.startsWith('aggregate.rows') && name.includes(tail))).toHaveLength(1);
  expect(names.filter((name) => name.startsWith('aggregate.merge') && name.includes(tail))).toHaveLength(1);
  expect(names.some((name) => name.startsWith('matmul.nt+') || name.startsWith('normRows.normalizeRowsGrad+'))).toBe(
    true,
  );
});

test.each(updates)('$name: each parameter changes where its gradient is computed', (c) => {
  const all = buildCase(c, DEFAULT_LIMITS, { fuse: true }).plan.routines.main.map(({ kernel }) => kernel);
  expect(all.filter((name) => name.startsWith('optimizer.'))).toEqual([]);
  const heads = all.filter((name) => name.includes('+optimizer.')).map((name) => name.split('+')[0]);
  expect(heads.sort()).toEqual([
    'aggregate.merge.sum',
    'aggregate.rows.sum.weighted',
    'matmul.tn.whole',
    'reduce.columnSum.whole',
    'reduce.columnSum.whole',
  ]);
});

describe.each([
  ['whole', () => DEFAULT_LIMITS, measuring()],
  ['in panels', tightLimits, measuring(tightLimits)],
] as const)('%s', (_, limits, measure) => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test.each([...cases, ...updates])('$name: the same bits on the CPU, which works in place', async (c) => {
    const apart = buildCase(c, limits(c));
    const fused = buildCase(c, limits(c), { fuse: true });
    expect(fused.plan.routines.main.length).toBeLessThan(apart.plan.routines.main.length);
    const options = { poison: true };
    expect(await runCase(fused, cpuExecutor(fused.plan, options))).toEqual(
      await runCase(apart, cpuExecutor(apart.plan, options)),
    );
  });

  test.skipIf(NO_ADAPTER).each([...cases, ...updates])(`$name: near the oracle on the GPU${NO_ADAPTER}`, async (c) => {
    const fused = buildCase(c, limits(c), { fuse: true });
    const executor = await webgpuExecutor(gpu.device, gpu.description, fused.plan);
    const actual = await runCase(fused, executor);
    executor.destroy();
    const { ok, message } = withinRules(actual, await measure(c));
    expect(ok, message).toBe(true);
  });
});
