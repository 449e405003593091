import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dispatch } from '../tensor/op.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { cpuKernels } from './cpu/executor.ts';
import { isElementwise, kernels } from './kernels.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, inTiles } from './testing/opCase.ts';
import { compile } from './webgpu/pipelines.ts';
import { shaderModule, shaderText } from './webgpu/shaders.ts';

/** The table of kernels, the WGSL, the CPU functions and the ops agree about every name. */

/** One dispatch of every kernel that the ops emit, and the parameters it passes. */
function emitted(): Map<string, { dispatch: Dispatch; params: readonly string[] }> {
  const found = new Map<string, { dispatch: Dispatch; params: readonly string[] }>();
  for (const c of allCases()) {
    const { plan, step } = buildCase(c);
    for (const dispatch of Object.values(plan.routines).flat().flatMap(inTiles)) {
      const operands = Object.keys({ ...dispatch.reads, ...dispatch.writes }).sort();
      const before = found.get(dispatch.kernel);
      // One pipeline serves every dispatch of a name: all of them bind the same operands.
      if (before) expect(Object.keys({ ...before.dispatch.reads, ...before.dispatch.writes }).sort()).toEqual(operands);
      found.set(dispatch.kernel, { dispatch, params: Object.keys(dispatch.at(step).params) });
    }
  }
  return found;
}

const filesOf = (kernel: (typeof kernels)[string]) =>
  isElementwise(kernel) ? [...kernel.files, ...kernel.shared] : kernel.files;

const dispatches = emitted();
const names = Object.keys(kernels).sort();

test('ops emit exactly the kernels of the table, and the CPU has each of them', () => {
  expect([...dispatches.keys()].sort()).toEqual(names);
  // On the CPU a tile is the kernel's own business.
  expect(Object.keys(cpuKernels).sort()).toEqual(names.filter((name) => !name.includes('#')));
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

test('every file of shaders/ and every entry point in it belongs to a kernel', () => {
  const files = Object.keys(import.meta.glob('../../shaders/**/*.wgsl')).map(
    (path) => /shaders\/(.*)\.wgsl/.exec(path)![1],
  );
  const used = new Set(['common', 'half', ...Object.values(kernels).flatMap(filesOf)]);
  expect(files.sort()).toEqual([...used].sort());
  for (const file of files) {
    const named = Object.values(kernels).filter((kernel) => filesOf(kernel).includes(file));
    const entries = new Set(named.map((kernel) => (isElementwise(kernel) ? 'elementwise' : kernel.entry)));
    for (const [, entry] of shaderText(file).matchAll(/@compute[^{]*?fn (\w+)/g)) {
      expect([...entries], `${entry} of ${file}.wgsl`).toContain(entry);
    }
  }
});

describe(`every kernel compiles on Dawn at WebGPU's default limits${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice(DEFAULT_LIMITS);
  });
  afterAll(() => gpu?.device.destroy());

  test.skipIf(NO_ADAPTER).each(names)('%s, with the smallest and the largest workgroup', async (name) => {
    const own = dispatches.get(name)!.dispatch.tiles?.[0].workgroup;
    for (const workgroup of own ? [own] : [64, 256]) {
      gpu.device.pushErrorScope('validation');
      await compile(gpu.device, name, dispatches.get(name)!.dispatch, workgroup);
      expect(await gpu.device.popErrorScope()).toBeNull();
    }
  });

  test.skipIf(NO_ADAPTER)('a kernel that does not compile is an error', async () => {
    const broken = (code: string) => code.replace('fn tile(', 'fn tile(oops ');
    const { dispatch } = dispatches.get('matmul.nn')!;
    gpu.device.pushErrorScope('validation');
    await expect(compile(gpu.device, 'matmul.nn', dispatch, 64, broken)).rejects.toThrow();
    await gpu.device.popErrorScope();
  });
});
