import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { measuring, runCase, tightLimits, withinRules } from './testing/opCase.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { shaderText } from './webgpu/shaders.ts';

/** A checker that passes a wrong kernel is worth nothing: each of these wrong kernels must fail it. */

type Sabotage = readonly [file: string, right: string, wrong: string, noticedBy: string];

/** What is broken, in which file of shaders/, and which case must notice. */
const WHOLE: readonly Sabotage[] = [
  ['accumulator/sum', 'state + weight * x', 'state - weight * x', 'spmm weighted'],
  ['accumulator/sum', 'return a + b;', 'return a;', 'spmm weighted'],
  ['aggregate', 'var e = begin; e < end', 'var e = begin; e + 1u < end', 'spmm ones'],
  ['aggregate', 'x[indices[e] * p.xStride4', 'x[e * p.xStride4', 'spmm ones'],
  ['aggregate', 'end - begin > p.heavy', 'end - begin >= p.heavy - 250u', 'spmm ones'],
  ['aggregateMerge', 's < heavy.y + heavy.z', 's + 1u < heavy.y + heavy.z', 'spmm weighted'],
  ['weights/weighted', 'return weights[entry]', 'return 1.0', 'spmm weighted'],
  ['weights/ones', 'return 1.0', 'return 1.001', 'spmm ones'],
  ['matmul', 's3 += x3.x * b0 + x3.y * b1', 's3 += x3.x * b0 + x3.y * b0', 'matmul nn'],
  ['matmul', 'if (k >= p.inner) { return vec4f(); }', 'if (k >= 32u) { return vec4f(); }', 'matmul nn'],
  ['matmul', 'dot(x1, y2)', 'dot(x1, y3)', 'matmul nt'],
  ['matmul', 'k4 < p.inner4', 'k4 + 1u < p.inner4', 'matmul nt'],
  ['matmul', 's2 += x.z * y', 's2 += x.w * y', 'matmul tn'],
  ['matmul', 'if (row + 3u < p.cols) { out[at + 3u', 'if (row + 4u < p.cols) { out[at + 3u', 'matmul tn'],
  ['reduce', 'chunk < p.count', 'chunk < 1u', 'sumRows'],
  ['reduce', 'row < end', 'row + 1u < end', 'sumRows'],
  ['reduce', 'out[at] = p.scale * sum', 'out[at] = sum + 1.0', 'sumRows'],
  ['reduce', 'out[at] += p.scale * sum', 'out[at] = p.scale * sum', 'masked'],
  ['elementwise', 'b[p.column4 + id % p.width4]', 'b[0]', 'addBias'],
  ['elementwise', 'y[id] > vec4f()', 'x[id] > vec4f()', 'relu'],
  ['elementwise', 'value < vec4f()', 'value < vec4f(-0.5)', 'relu'],
  ['elementwise', 'x[id] + y[id]', 'x[id] - y[id]', 'add '],
  ['dropout', 'p.scale * x[id]', 'x[id]', 'dropout'],
  ['dropout', 'bits < vec4u(p.threshold)', 'bits >= vec4u(p.threshold)', 'dropout'],
  ['random', 'x = mix(x, 15u)', 'x = mix(x, 14u)', 'dropout'],
  ['random', 'bits.x >> 16u', 'bits.y >> 16u', 'dropout'],
  ['ids/local', 'return ids[row]', 'return row', 'dropout width 16, local rows'],
  ['ids/local', 'return ids[row]', 'return row', 'sparse features weighted, width 16, local rows'],
  ['ids/global', 'return row;', 'return row + 1u;', 'dropout width 16, global rows'],
  ['sparseDropout', 'let id = globalRow(row)', 'let id = globalRow(row) + 1u', 'sparse features'],
  ['sparseDropout', 'p.scale * weightOf', 'weightOf', 'sparse features'],
  ['sparseDropout', 'min(4u, end - e)', 'min(3u, end - e)', 'sparse features'],
  ['permute', 'x[permutation[id]]', 'x[id]', 'sparse features'],
  [
    'loss',
    'weightOf(labels[row]) * (logSumExp',
    '(logSumExp',
    'masked cross-entropy and counts, 7 classes, smooth, weighted',
  ],
  [
    'loss',
    'p.scale * weightOf(labels[row])',
    'p.scale',
    'masked cross-entropy and counts, 7 classes, smooth, weighted',
  ],
  ['loss', 'probability - target_', 'probability', 'masked'],
  ['loss', 'vec4u(1u, 2u, 3u, 4u)', 'vec4u(2u, 1u, 3u, 4u)', 'masked'],
  ['loss', 'sum += exp(', 'sum += 1.01 * exp(', 'masked'],
  ['loss', '[c % 4u] - largest)', '[c % 4u])', 'masked cross-entropy and counts, 7 classes, steep'],
  ['loss', '- z * targets[at][c % 4u]', '', 'masked binary'],
  ['loss', 'log(1.0 + exp(-abs(z)))', '0.0', 'masked binary'],
  ['loss', 'probability - targets[id]', 'probability', 'masked binary'],
  ['loss', 'select(vec4f(1.0), small, z < vec4f())', 'vec4f(1.0)', 'masked binary'],
  ['metrics', 'x[id][c] > 0.0', 'x[id][c] > 0.5', 'masked binary'],
  ['metrics', 'targets[id][c] > 0.5', 'targets[id][c] < 0.5', 'masked binary'],
  ['metrics', 'if (predicted && actual)', 'if (actual)', 'masked binary'],
  ['metrics', 'value > best', 'value < best', 'masked'],
  ['metrics', 'value > best', 'value >= best', 'masked cross-entropy and counts, 7 classes, steep'],
  ['metrics', '2u * p.cols + actual', '2u * p.cols + predicted', 'masked'],
  ['metrics', 'atomicStore(&counts[id], 0u);', '', 'masked'],
  ['metrics', 'mask[row] != TEST', 'mask[row] == 0u', 'masked'],
  ['metrics', 'labels[row] * p.cols + argument[row]', 'argument[row] * p.cols + labels[row]', 'masked'],
  ['optimizer', 'm / correction.x', 'm', 'Adam'],
  ['optimizer', 'p.gain2 * g * g', 'p.gain2 * g', 'Adam'],
  ['optimizer', 'p.beta1 * moment1[id] + p.gain1 * g', 'p.gain1 * g', 'Adam'],
  ['optimizer', 'p.beta2 * moment2[id] + ', '', 'Adam'],
  ['optimizer', 'outClock[0] * vec4f(p.beta1, p.beta2, 0.0, 0.0) +', '', 'Adam'],
  ['optimizer', 'p.shrink * before', 'before', 'AdamW'],
  ['optimizer', 'gradientAt(id) + p.l2 * before;', 'gradientAt(id);', 'Adam'],
  ['optimizer', 'total[id] += x[id]', 'total[id] = x[id]', 'Adam'],
  ['optimizer', 'p.momentum * velocity[id] + ', '', 'SGD'],
  ['optimizer', '(gradientAt(id) + p.l2 * before)', 'gradientAt(id)', 'SGD'],
  ['optimizer', 'i < p.rows; i += p.count', 'i + 1u < p.rows; i += p.count', 'Adam, clipped'],
  ['optimizer', 'outPartial[p.first + id]', 'outPartial[id]', 'Adam, clipped'],
  ['optimizer', '(sum.z + sum.w)', 'sum.z', 'SGD, clipped'],
  ['optimizer', 'select(scale, 1.0, scale > 1.0)', 'scale', 'SGD, clipped'],
  ['gradient/clipped', 'clip[0].x * gradient[id]', 'gradient[id]', 'SGD, clipped'],
  ['gradient/plain', 'return gradient[id]', 'return -gradient[id]', 'SGD'],
];

/** What shows only where a matrix is cut into panels of different widths, beside what sabotagePanels.test.ts has. */
const PANELLED: readonly Sabotage[] = [
  ['matmul', 'out[at] += sum', 'out[at] = sum', 'matmul nt'],
  ['matmul', 'p.bRow + min(column + 2u', 'min(column + 2u', 'matmul nt'],
  ['aggregate', 'p.xOffset4 +', '', 'sparse features'],
  ['aggregate', 'p.outOffset4 +', '', 'sparse features'],
  ['loss', 'if (p.first == 0u) { out[row] = vec4f(); }', 'out[row] = vec4f(1.0);', 'masked'],
  ['metrics', 'outBest[row] >= best', 'outBest[row] > best', 'masked cross-entropy and counts, 7 classes, steep'],
];

/** Widths that suffice to notice: odd, even, and wide enough for several vec4. */
const cases = allCases().filter(({ name }) => !/width (1|33|257)\b/.test(name) && !name.includes('257'));
const [whole, inPanels] = [measuring(), measuring(tightLimits)];
const noticing = (name: string) => cases.filter((c) => c.name.startsWith(name));

describe(`wrong WGSL fails the checker${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  /** Whether the rule refuses any of the cases when shaders are edited. That it passes all unedited, ops.test.ts shows. */
  async function refused([, right, wrong, by]: Sabotage, panelled: boolean): Promise<boolean> {
    const edit = (code: string) => code.replaceAll(right, wrong);
    for (const c of noticing(by)) {
      const measured = await (panelled ? inPanels : whole)(c);
      const executor = await webgpuExecutor(gpu.device, gpu.description, measured.built.plan, { edit });
      const actual = await runCase(measured.built, executor);
      executor.destroy();
      if (!withinRules(actual, measured).ok) return true;
    }
    return false;
  }

  test.skipIf(NO_ADAPTER).each(WHOLE)('%s: "%s" as "%s"', async (...sabotage) => {
    expect(shaderText(sabotage[0])).toContain(sabotage[1]);
    expect(await refused(sabotage, false)).toBe(true);
  });

  test.skipIf(NO_ADAPTER).each(PANELLED)('in panels, %s: "%s" as "%s"', async (...sabotage) => {
    expect(shaderText(sabotage[0])).toContain(sabotage[1]);
    expect(await refused(sabotage, true)).toBe(true);
  });
});
