import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nastyCsr } from '../graph/testGraphs.ts';
import { input, newGraph } from '../tensor/graph.ts';
import type { Dispatch } from '../tensor/op.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { sparseDropout } from '../tensor/ops/sparse.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { cpuKernels } from './cpu/executor.ts';
import { kernels } from './kernels.ts';
import { allCases, sparseInputs } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, SCALARS } from './testing/opCase.ts';
import { compile } from './webgpu/pipelines.ts';
import { shaderModule } from './webgpu/shaders.ts';

/** The table of kernels, the WGSL, the CPU functions and the ops agree about every name. */

/** One dispatch of every kernel that the ops emit, and the parameters it passes. */
function emitted(): Map<string, { dispatch: Dispatch; params: readonly string[] }> {
  const found = new Map<string, { dispatch: Dispatch; params: readonly string[] }>();
  const collect = (dispatches: readonly Dispatch[], sizes: Record<string, number>) => {
    for (const dispatch of dispatches) {
      const { params } = dispatch.at({ sizes, scalars: SCALARS, key: [1, 2] });
      found.set(dispatch.kernel, { dispatch, params: Object.keys(params) });
    }
  };
  for (const c of allCases()) {
    const { plan, step } = buildCase(c);
    collect(Object.values(plan.routines).flat(), step.sizes);
  }
  // Blocks of a sample number their rows locally.
  for (const weighted of [true, false]) {
    const g = newGraph();
    const { matrix, sizes } = sparseInputs(g, nastyCsr(50, 1, weighted));
    const ids = input(g, 'ids', 'graph', 'u32', 50, 1);
    sparseDropout(g, matrix, ids);
    dropout(g, input(g, 'x', 'activations', 'f32', 50, 8, 'padded'), ids);
    const plan = makePlan({ graph: g, capacity: sizes, results: [], readable: [] }, DEFAULT_LIMITS);
    collect(Object.values(plan.routines).flat(), sizes);
  }
  return found;
}

const dispatches = emitted();
const names = Object.keys(kernels).sort();

test('ops emit exactly the kernels of the table, and the CPU has each of them', () => {
  expect([...dispatches.keys()].sort()).toEqual(names);
  expect(Object.keys(cpuKernels).sort()).toEqual(names);
});

test.each(names)('%s: bindings and parameters are those of its WGSL', (name) => {
  const { dispatch, params } = dispatches.get(name)!;
  const module = shaderModule(name);
  for (const operand of Object.keys(dispatch.reads)) expect(module.bindings.get(operand)?.access, operand).toBe('read');
  for (const operand of Object.keys(dispatch.writes)) {
    expect(module.bindings.get(operand)?.access, operand).toBe('read_write');
  }
  const declared = module.params.map((parameter) => parameter.name);
  expect(declared.length).toBeLessThanOrEqual(16);
  for (const param of params) expect(declared, param).toContain(param);
});

describe(`every kernel compiles on Dawn${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  test.skipIf(NO_ADAPTER).each(names)('%s, with the smallest and the largest workgroup', async (name) => {
    for (const workgroup of [64, 256]) {
      gpu.device.pushErrorScope('validation');
      await compile(gpu.device, name, dispatches.get(name)!.dispatch, workgroup);
      expect(await gpu.device.popErrorScope()).toBeNull();
    }
  });

  test.skipIf(NO_ADAPTER)('a kernel that does not compile is an error', async () => {
    const broken = (code: string) => code.replace('fn nn(', 'fn nn(oops ');
    const { dispatch } = dispatches.get('matmul.nn')!;
    gpu.device.pushErrorScope('validation');
    await expect(compile(gpu.device, 'matmul.nn', dispatch, 64, broken)).rejects.toThrow();
    await gpu.device.popErrorScope();
  });
});
