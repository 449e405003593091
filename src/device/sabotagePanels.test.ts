import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { cpuExecutor, cpuKernels } from './cpu/executor.ts';
import type { CpuKernel } from './cpu/kernel.ts';
import { kernels } from './kernels.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type BuiltCase, buildCase, runCase } from './testing/opCase.ts';
import { withinRule } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { shaderText } from './webgpu/shaders.ts';

/** Mistakes that a whole matrix hides, because every offset is 0 and nothing is merged: only panels show them. */

const SMALL = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: 24 * 1024 };

/** The cases that the small limit cuts into panels. */
const cut: BuiltCase[] = [];
for (const c of allCases()) {
  try {
    const built = buildCase(c, SMALL);
    if (built.plan.placements.some(({ piece }) => piece.panel > 0)) cut.push(built);
  } catch (error) {
    // Index lists are never cut: some cases have larger ones than the limit.
    if (!(error instanceof InputError)) throw error;
  }
}

/** Cases in which a kernel gets a parameter that is not 0. Few suffice to notice, and each of them costs an oracle. */
function using(kernel: string, parameter: string): BuiltCase[] {
  const found = cut.filter(({ plan, step }) =>
    Object.values(plan.routines).some((list) =>
      list.some((dispatch) => dispatch.kernel === kernel && dispatch.at(step).params[parameter] > 0),
    ),
  );
  return found.slice(0, 2);
}

const WGSL: readonly [kernel: string, parameter: string, file: string, right: string, wrong: string][] = [
  ['matmul.nn', 'accumulate', 'matmul/operands', 'p.accumulate == 1u', 'p.accumulate == 2u'],
  ['matmul.nn', 'bRow', 'matmul/bRows', '3u) + p.bRow)', '3u))'],
  ['matmul.nt', 'bRow', 'matmul/bColumns', '(p.bRow + column)', 'column'],
  ['reduce.mergeSum', 'outRow', 'reduce', '(p.outRow + id / p.width4)', '(id / p.width4)'],
  ['reduce.mergeSum', 'outOffset4', 'reduce', '* p.outStride4 + p.outOffset4', '* p.outStride4'],
  ['matmul.tn.whole', 'outOffset4', 'matmul/whole', 'p.outOffset4 + column4', 'column4'],
  ['reduce.columnSum.whole', 'outOffset4', 'sumRows/whole', 'p.outOffset4 + column4', 'column4'],
  ['elementwise.addBias', 'column4', 'elementwise/addBias', 'b[p.column4 + id % p.width4]', 'b[id % p.width4]'],
  ['dropout.global', 'column4', 'elementwise/dropout', 'p.column4 + id % p.width4', 'id % p.width4'],
  ['loss.logSumExp', 'merge', 'loss', 'p.merge == 1u', 'p.merge == 2u'],
  ['loss.logSumExp', 'merge', 'loss', 'log(1.0 + exp(-abs(before - state)))', '0.0'],
  ['loss.crossEntropy', 'first', 'loss', 'labels[row] - p.first', 'labels[row]'],
  ['loss.crossEntropyGrad', 'first', 'loss', 'columns + p.first', 'columns'],
  ['loss.binaryCrossEntropy', 'merge', 'loss', 'outLoss[row] += split', 'outLoss[row] = split'],
  ['metrics.countLabels', 'first', 'metrics', '+ p.first + column', '+ column'],
  ['metrics.argMax', 'merge', 'metrics', 'p.merge == 1u && outBest[row] >= best', 'p.merge == 2u'],
  ['metrics.argMax', 'first', 'metrics', 'p.first + argmax', 'argmax'],
];

/** Parameters that a CPU kernel wrongly takes to be 0: the same mistakes on the other side. */
const CPU: readonly [kernel: string, parameter: string][] = [
  ['matmul.nn', 'accumulate'],
  ['matmul.nn', 'bRow'],
  ['matmul.nt', 'bRow'],
  ['matmul.nt', 'accumulate'],
  ['reduce.mergeSum', 'outRow'],
  ['reduce.mergeSum', 'outOffset4'],
  ['matmul.tn.whole', 'outOffset4'],
  ['reduce.columnSum.whole', 'outOffset4'],
  ['elementwise.addBias', 'column4'],
  ['dropout.global', 'column4'],
  ['loss.logSumExp', 'merge'],
  ['loss.crossEntropy', 'first'],
  ['loss.crossEntropyGrad', 'first'],
  ['metrics.argMax', 'merge'],
  ['metrics.argMax', 'first'],
];

const reference = new Map<BuiltCase, ReturnType<typeof compute>>();
async function compute(built: BuiltCase) {
  const oracle = await runCase(built, cpuExecutor(built.plan, { precision: 64 }));
  return { oracle, cpu: await runCase(built, cpuExecutor(built.plan)) };
}
function referenceOf(built: BuiltCase) {
  const known = reference.get(built) ?? compute(built);
  reference.set(built, known);
  return known;
}

test.each(CPU)('CPU %s that forgets %s is refused', async (kernel, parameter) => {
  const forgets: CpuKernel = (operands, params) => cpuKernels[kernel](operands, { ...params, [parameter]: 0 });
  const candidates = using(kernel, parameter);
  let refused = false;
  for (const built of candidates) {
    const { oracle, cpu } = await referenceOf(built);
    const sound = await runCase(built, cpuExecutor(built.plan, { kernels: { ...cpuKernels } }));
    expect(sound.every((array, i) => withinRule(array, cpu[i], oracle[i]).ok)).toBe(true);
    const wrong = await runCase(built, cpuExecutor(built.plan, { kernels: { ...cpuKernels, [kernel]: forgets } }));
    refused ||= wrong.some((array, i) => !withinRule(array, cpu[i], oracle[i]).ok);
  }
  expect(refused).toBe(true);
});

describe(`wrong WGSL in panels fails the checker${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  async function refusedBy(built: BuiltCase, edit: (code: string) => string): Promise<boolean> {
    const { oracle, cpu } = await referenceOf(built);
    const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, { edit });
    const actual = await runCase(built, executor);
    executor.destroy();
    return actual.some((array, i) => !withinRule(array, cpu[i], oracle[i]).ok);
  }

  test.skipIf(NO_ADAPTER).each(WGSL)(
    '%s, %s of %s.wgsl: "%s" as "%s"',
    async (kernel, parameter, file, right, wrong) => {
      expect(kernels[kernel].files).toContain(file);
      expect(shaderText(file)).toContain(right);
      const candidates = using(kernel, parameter);
      let refused = false;
      for (const built of candidates) {
        expect(await refusedBy(built, (code) => code)).toBe(false);
        refused ||= await refusedBy(built, (code) => code.replaceAll(right, wrong));
      }
      expect(refused).toBe(true);
    },
  );
});
