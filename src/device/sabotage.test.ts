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
  ['activation', 'activate(x[id])', 'x[id]', 'relu'],
  ['activation', 'upstream[id], kept[id]', 'upstream[id], upstream[id]', 'relu'],
  ['activation/relu', 'x < vec4f()', 'x < vec4f(-0.5)', 'relu'],
  ['activation/relu', 'y > vec4f()', 'upstream > vec4f()', 'relu'],
  ['activation/leakyRelu', 'SLOPE * x', 'x', 'leakyRelu'],
  ['activation/leakyRelu', 'SLOPE * upstream, upstream', 'upstream, upstream', 'leakyRelu'],
  ['activation/elu', 'exp(x) - 1.0,', 'exp(x),', 'elu'],
  ['activation/elu', '1.0 / 24.0', '1.0 / 23.0', 'elu'],
  ['activation/elu', '(y + 1.0)', 'y', 'elu'],
  ['activation/gelu', '1.00002368', '1.0002', 'gelu'],
  ['activation/gelu', '1.0 - tail', 'tail', 'gelu'],
  ['activation/gelu', 'phi(x) + x * DENSITY_AT_0', 'phi(x) + DENSITY_AT_0', 'gelu'],
  ['activation/prelu', 'slope[0].x * x', 'x', 'prelu'],
  ['activation/prelu', 'slope[0].x * upstream', 'upstream', 'prelu'],
  ['elementwise', 'p.alpha * x[id] + p.beta * y[id]', 'p.alpha * x[id] + p.alpha * y[id]', 'combine'],
  ['elementwise', 'out[id] = p.alpha * x[id];', 'out[id] = p.alpha + x[id];', 'scale '],
  ['elementwise', '(1.0 + eps[0].x) * x[id] + y[id]', 'eps[0].x * x[id] + y[id]', 'scaledSum'],
  ['elementwise', '(1.0 + eps[0].x) * x[id];', 'x[id];', 'scaledSum'],
  ['copy', 'row < p.copied', 'row + 1u < p.copied', 'firstRows'],
  ['copy', 'column < p.end', 'column + 1u < p.end', 'concatColumns'],
  ['copy', 'if (column4 * 4u < p.begin)', 'if (false)', 'concatColumns'],
  ['copy', '- p.begin + p.xFirst', '- p.begin', 'concatColumns'],
  ['heads', 'head * p.channels + channel', 'channel', 'meanHeads'],
  ['heads', 'column % p.channels', 'column', 'meanHeads'],
  ['heads', 'p.scale * sum', 'sum', 'meanHeads'],
  ['elementwise', 'y[id] > x[id]', 'y[id] < x[id]', 'maxOf'],
  ['elementwise', 'select(vec4f(), upstream[id], x[id] == y[id])', 'upstream[id]', 'maxOf'],
  ['elementwise', 'select(upstream[id], vec4f(), x[id] == y[id])', 'upstream[id]', 'maxOf'],
  ['normColumns', 'row < end', 'row + 1u < end', 'batchNorm'],
  ['normColumns', 'm2 += delta * (value - average)', 'm2 += delta * delta', 'batchNorm'],
  ['normColumns', 'm2 += other.m2 + delta', 'm2 += delta', 'batchNorm'],
  ['normColumns', 'chunk < p.count', 'chunk + 1u < p.count', 'batchNorm'],
  ['normColumns', 'min(p.chunk, p.rows - chunk * p.chunk)', 'p.chunk', 'batchNorm'],
  ['normColumns', 'p.momentum * (mean[id]', '(mean[id]', 'batchNorm'],
  ['normColumns', 'p.unbias * variance[id]', 'variance[id]', 'batchNorm'],
  ['normColumns', '* scale * weight[column4] + bias', '* weight[column4] + bias', 'batchNorm'],
  ['normColumns', 'biasGrad[column4] + normal', 'normal', 'batchNorm'],
  ['normColumns', 'normal * weightGrad[column4]', 'normal', 'batchNorm'],
  ['term/normColumns', '(x - mean[column])', 'x', 'batchNorm'],
  ['normRows', 'm2 += delta * delta;', 'm2 += delta;', 'layerNorm'],
  ['normRows', 'weight[column4] + bias', 'weight[0] + bias', 'layerNorm width 16'],
  ['normRows', 'scale * (g - p', 'scale * (upstream[id] - p', 'layerNorm'],
  ['normRows', 'sum.x + normal * sum.y', 'sum.x', 'layerNorm'],
  ['normRows', 'sum.x + normal * sum.y', 'normal * sum.y', 'layerNorm'],
  ['term/normRows', '(x - moment.x)', 'x', 'layerNorm'],
  ['accumulator/max', 'x > state', 'x < state', 'spmax'],
  ['accumulator/max', 'b > a', 'b < a', 'spmax'],
  ['accumulator/max', 'vec4f(), state == LOWEST', 'state, state == LOWEST', 'spmax'],
  ['aggregateTies', 'x[at] == mine', 'x[at] >= mine', 'spmax'],
  ['aggregateTies', 'segment.x, segment.y', 'segment.x + 1u, segment.y', 'spmax'],
  ['aggregateTies', 'var e = begin; e < end', 'var e = begin; e + 1u < end', 'spmax'],
  ['ties/count', 'vec4f(1.0)', 'vec4f(2.0)', 'spmax'],
  ['ties/shares', 'shares[at]', 'vec4f(1.0)', 'spmax'],
  ['elementwise', 'x[id] / y[id]', 'x[id]', 'spmax'],
  ['term/product', 'x * y', 'x + y', 'scaledSum'],
  ['term/negative', 'x < vec4f()', 'x > vec4f()', 'prelu'],
  ['dot', 'row < end', 'row + 1u < end', 'prelu'],
  ['reduce', 'sum.x + sum.y', 'sum.x', 'prelu'],
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
  ['loss', 'probability - target_', 'probability', 'masked'],
  ['loss', 'vec4u(1u, 2u, 3u, 4u)', 'vec4u(2u, 1u, 3u, 4u)', 'masked'],
  ['loss', 'sum += exp(', 'sum += 1.01 * exp(', 'masked'],
  ['loss', '[c % 4u] - largest)', '[c % 4u])', 'masked cross-entropy and counts, 7 classes, steep'],
  ['metrics', 'value > best', 'value < best', 'masked'],
  ['metrics', 'value > best', 'value >= best', 'masked cross-entropy and counts, 7 classes, steep'],
  ['metrics', '2u * p.cols + actual', '2u * p.cols + predicted', 'masked'],
  ['metrics', 'atomicStore(&counts[id], 0u);', '', 'masked'],
  ['optimizer', 'm / correction.x', 'm', 'Adam'],
  ['optimizer', 'p.gain2 * g * g', 'p.gain2 * g', 'Adam'],
  ['optimizer', 'p.beta1 * moment1[id] + p.gain1 * g', 'p.gain1 * g', 'Adam'],
  ['optimizer', 'p.beta2 * moment2[id] + ', '', 'Adam'],
  ['optimizer', 'outClock[0] * vec4f(p.beta1, p.beta2, 0.0, 0.0) +', '', 'Adam'],
  ['optimizer', 'p.shrink * before', 'before', 'AdamW'],
  ['optimizer', 'gradient[id] + p.l2 * before', 'gradient[id]', 'Adam'],
  ['optimizer', 'total[id] += x[id]', 'total[id] = x[id]', 'Adam'],
  ['optimizer', ' || record[0].y == 0.0', '', 'Adam'],
  ['optimizer', 'record[0].y == 0.0', 'record[0].y == 1.0', 'Adam'],
  ['optimizer', 'loss < before.x', 'loss <= before.x', 'Adam'],
  ['optimizer', 'p.always == 1u ||', '', 'Adam'],
];

/** What shows only where a matrix is cut into panels of different widths, beside what sabotagePanels.test.ts has. */
const PANELLED: readonly Sabotage[] = [
  ['aggregateTies', 'p.ownStride4 + p.ownOffset4', 'p.ownStride4', 'spmax'],
  ['aggregateTies', 'p.xStride4 + p.xOffset4', 'p.xStride4', 'spmax'],
  ['aggregateTies', 'p.outStride4 + p.outOffset4', 'p.outStride4', 'spmax'],
  ['normColumns', 'let column4 = p.column4 +', 'let column4 =', 'batchNorm'],
  ['normColumns', 'outVariance[p.column4 + column4]', 'outVariance[column4]', 'batchNorm'],
  ['term/normColumns', 'p.column4 + column4', 'column4', 'batchNorm'],
  ['normRows', 'let column4 = p.column4 +', 'let column4 =', 'layerNorm'],
  ['normRows', 'mean = other.x + delta * share', 'mean = other.x', 'layerNorm'],
  ['normRows', 'm2 += other.y + delta * delta', 'm2 += other.y + delta', 'layerNorm'],
  ['normRows', 'outSums[row] += sum', 'outSums[row] = sum', 'layerNorm'],
  ['heads', 'out[id] += value', 'out[id] = value', 'meanHeads'],
  ['heads', 'let channel = p.first +', 'let channel =', 'meanHeads'],
  ['heads', 'let column = p.first +', 'let column =', 'meanHeads'],
  ['heads', 'column - p.xFirst >= p.xCols', 'false', 'meanHeads'],
  ['copy', '* p.xStride4 + p.xOffset4', '* p.xStride4', 'firstRows'],
  ['copy', '* p.outStride4 + p.outOffset4', '* p.outStride4', 'firstRows'],
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
