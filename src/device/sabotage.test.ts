import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpuExecutor, cpuKernels } from './cpu/executor.ts';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { buildCase, runCase, withinRule } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { shaderText } from './webgpu/shaders.ts';

/** A checker that passes a wrong kernel is worth nothing: each of these wrong kernels must fail it. */

/** What is broken, in which file of shaders/, and which case must notice. */
const WGSL: readonly [file: string, right: string, wrong: string, noticedBy: string][] = [
  ['accumulator/sum', 'state + weight * x', 'state - weight * x', 'spmm weighted'],
  ['accumulator/sum', 'return a + b;', 'return a;', 'spmm weighted'],
  ['aggregate', 'var e = begin; e < end', 'var e = begin; e + 1u < end', 'spmm ones'],
  ['aggregate', 'x[indices[e] * p.xStride4', 'x[e * p.xStride4', 'spmm ones'],
  ['aggregateMerge', 's < heavy.y + heavy.z', 's + 1u < heavy.y + heavy.z', 'spmm weighted'],
  ['weights/weighted', 'return weights[entry]', 'return 1.0', 'spmm weighted'],
  ['matmul', 's3 += x3.x * b0 + x3.y * b1', 's3 += x3.x * b0 + x3.y * b0', 'matmul nn'],
  ['matmul', 'dot(x1, y2)', 'dot(x1, y3)', 'matmul nt'],
  ['matmul', 's2 += x.z * y', 's2 += x.w * y', 'matmul tn'],
  ['reduce', 'chunk < p.count', 'chunk < 1u', 'sumRows'],
  ['reduce', 'row < end', 'row + 1u < end', 'sumRows'],
  ['elementwise', 'b[p.column4 + id % p.width4]', 'b[0]', 'addBias'],
  ['elementwise', 'y[id] > vec4f()', 'x[id] > vec4f()', 'relu'],
  ['elementwise', 'value < vec4f()', 'value < vec4f(-0.5)', 'relu'],
  ['dropout', 'p.scale * x[id]', 'x[id]', 'dropout'],
  ['random', 'x = mix(x, 15u)', 'x = mix(x, 14u)', 'dropout'],
  ['random', 'bits.x >> 16u', 'bits.y >> 16u', 'dropout'],
  ['ids/local', 'return ids[row]', 'return row', 'dropout width 16, local rows'],
  ['sparseDropout', 'let id = globalRow(row)', 'let id = globalRow(row) + 1u', 'sparse features'],
  ['permute', 'x[permutation[id]]', 'x[id]', 'sparse features'],
  ['loss', 'probability - target_', 'probability', 'masked'],
  ['loss', 'vec4u(1u, 2u, 3u, 4u)', 'vec4u(2u, 1u, 3u, 4u)', 'masked'],
  ['loss', 'sum += exp(', 'sum += 1.01 * exp(', 'masked'],
  ['metrics', 'value > best', 'value < best', 'masked'],
  ['metrics', '2u * p.cols + actual', '2u * p.cols + predicted', 'masked'],
  ['optimizer', 'm / correction.x', 'm', 'Adam'],
  ['optimizer', 'p.gain2 * g * g', 'p.gain2 * g', 'Adam'],
  ['optimizer', 'p.shrink * before', 'before', 'AdamW'],
  ['optimizer', 'gradient[id] + p.l2 * before', 'gradient[id]', 'Adam'],
  ['optimizer', 'record[0].y == 0.0', 'record[0].y == 1.0', 'Adam'],
];

/** Widths that suffice to notice: odd, even, and wide enough for several vec4. */
const cases = allCases().filter(({ name }) => !/width (1|33|257)\b/.test(name) && !name.includes('257'));
const noticing = (name: string) => cases.filter((c) => c.name.startsWith(name));

describe(`wrong WGSL fails the checker${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  /** Whether any of the cases is refused by the rule when shaders are edited. */
  async function refused(edit: (code: string) => string, candidates: typeof cases): Promise<boolean> {
    for (const c of candidates) {
      const built = buildCase(c);
      const oracle = await runCase(built, cpuExecutor(built.plan, { precision: 64 }));
      const cpu = await runCase(built, cpuExecutor(built.plan));
      const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, { edit });
      const actual = await runCase(built, executor);
      executor.destroy();
      if (actual.some((array, i) => !withinRule(array, cpu[i], oracle[i]).ok)) return true;
    }
    return false;
  }

  test.skipIf(NO_ADAPTER).each(WGSL)('%s: "%s" as "%s"', async (file, right, wrong, by) => {
    expect(shaderText(file)).toContain(right);
    expect(noticing(by)).not.toHaveLength(0);
    expect(await refused((code) => code.replaceAll(right, wrong), noticing(by))).toBe(true);
    expect(await refused((code) => code, noticing(by))).toBe(false);
  });
});

describe('a wrong CPU kernel fails the checker', () => {
  test.each(Object.keys(cpuKernels).filter((name) => !name.endsWith('.local') && name !== 'metrics.clear'))(
    '%s does nothing',
    async (name) => {
      const broken = { ...cpuKernels, [name]: () => {} };
      let noticed = false;
      for (const c of cases) {
        const built = buildCase(c);
        const uses = Object.values(built.plan.routines).some((list) => list.some(({ kernel }) => kernel === name));
        if (!uses) continue;
        const oracle = await runCase(built, cpuExecutor(built.plan, { precision: 64 }));
        const wrong = await runCase(built, cpuExecutor(built.plan, { kernels: broken }));
        noticed ||= wrong.some((array, i) => !withinRule(array, oracle[i], oracle[i]).ok);
        if (noticed) break;
      }
      expect(noticed).toBe(true);
    },
  );
});
