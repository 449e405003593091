import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allCases } from './testing/cases.ts';
import { NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { runCase, tightLimits } from './testing/opCase.ts';
import { measuring, withinRules } from './testing/rule.ts';
import { webgpuExecutor } from './webgpu/executor.ts';
import { shaderText } from './webgpu/shaders.ts';

/** A checker that passes a wrong kernel is worth nothing: each of these wrong kernels must fail it. */

type Sabotage = readonly [file: string, right: string, wrong: string, noticedBy: string];

/** What is broken, in which file of shaders/, and which case must notice. */
const WHOLE: readonly Sabotage[] = [
  ['accumulator/sum', 'state + weight * x', 'state - weight * x', 'spmm weighted'],
  ['accumulator/sum', 'return a + b;', 'return a;', 'spmm weighted'],
  ['aggregate/tile1x4', 'var e = begin; e < end', 'var e = begin; e + 1u < end', 'spmm ones'],
  ['aggregate/tile1x4', 'xAt(indices[e] * p.xStride4', 'xAt(e * p.xStride4', 'spmm ones'],
  ['aggregate', 'end - begin > p.heavy', 'end - begin >= p.heavy - 250u', 'spmm ones'],
  ['aggregateMerge', 's < heavy.y + heavy.z', 's + 1u < heavy.y + heavy.z', 'spmm weighted'],
  ['weights/weighted', 'return weights[entry]', 'return 1.0', 'spmm weighted'],
  ['weights/ones', 'return 1.0', 'return 1.001', 'spmm ones'],
  ['matmul/operands', 'x.x * y[0] + x.y * y[1]', 'x.x * y[0] + x.y * y[0]', 'matmul nn'],
  ['matmul/operands', 'aAt(at.z)', 'aAt(at.y)', 'matmul nn'],
  ['matmul/aRows', 'return k / 4u', 'return k / 8u', 'matmul nn'],
  ['matmul/bRows', 'if (k >= end) { return vec4f(); }', 'if (k >= 32u) { return vec4f(); }', 'matmul nn'],
  ['matmul/tile4x4', 'k += 4u) { s +=', 'k += 4u) { s =', 'matmul nn'],
  ['matmul/tile4x4', 'if (k < range.y)', 'if (false)', 'matmul nn'],
  ['matmul/bColumns', 'bAt(at.z)', 'bAt(at.w)', 'matmul nt'],
  ['matmul/operands', 'if (row >= outRows())', 'if (row + 1u >= outRows())', 'matmul tn 301 × 65'],
  ['matmul/aColumns', 'transpose(loaded)', 'loaded', 'matmul tn'],
  ['matmul/aColumns', 'min((part + 1u) * p.chunk, p.rows)', 'p.rows', 'matmul tn'],
  ['matmul/whole', 'if (k < range.y)', 'if (false)', 'matmul tn 301'],
  ['matmul/whole', 'part < p.count', 'part < 1u', 'matmul tn 301'],
  ['columnSum', 'row < end', 'row + 1u < end', 'sumRows'],
  ['sumRows/chunks', 'min(begin + p.chunk, p.rows)', 'p.rows', 'layerNorm, many rows'],
  ['reduce', 'chunk < p.count', 'chunk < 1u', 'layerNorm, many rows'],
  ['reduce', 'putOut(at, p.scale * sum)', 'out[at] = sum + 1.0', 'layerNorm, many rows'],
  ['reduce', 'out[at] += p.scale * sum', 'putOut(at, p.scale * sum)', 'masked losses'],
  ['sumRows/whole', 'min((lane + 1u) * p.chunk, p.rows)', 'p.rows', 'sumRows'],
  ['sumRows/whole', 'chunk < p.count', 'chunk < 1u', 'sumRows'],
  ['sumRows/whole', 'putOut(at, p.scale * sum)', 'out[at] = sum + 1.0', 'sumRows'],
  ['sumRows/whole', 'out[at] += p.scale * sum', 'putOut(at, p.scale * sum)', 'masked cross-entropy'],
  ['elementwise/addBias', 'b[p.column4 + id % p.width4]', 'b[0]', 'addBias'],
  ['activation/forward', 'activate(x);', 'x;', 'relu'],
  ['activation/backward', 'activateGrad(upstream, kept);', 'activateGrad(upstream, upstream);', 'relu'],
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
  ['elementwise/combine', 'p.alpha * x + p.beta * y', 'p.alpha * x + p.alpha * y', 'combine'],
  ['elementwise/scale', 'p.alpha * x;', 'p.alpha + x;', 'scale '],
  ['elementwise/scaledSum', '(1.0 + eps[0].x) * x + y', 'eps[0].x * x + y', 'scaledSum'],
  ['elementwise/scaleByParameter', '(1.0 + eps[0].x) * x;', 'x;', 'scaledSum'],
  ['copy', 'row < p.copied', 'row + 1u < p.copied', 'firstRows'],
  ['copy', 'column < p.end', 'column + 1u < p.end', 'concatColumns'],
  ['copy', 'if (column4 * 4u < p.begin)', 'if (false)', 'concatColumns'],
  ['copy', '- p.begin + p.xFirst', '- p.begin', 'concatColumns'],
  ['heads', 'head * p.channels + channel', 'channel', 'meanHeads'],
  ['heads', 'column % p.channels', 'column', 'meanHeads'],
  ['heads', 'p.scale * sum', 'sum', 'meanHeads'],
  ['elementwise/maximum', 'y > x', 'y < x', 'maxOf'],
  ['elementwise/whereEqual', 'select(vec4f(), upstream, x == y)', 'upstream', 'maxOf'],
  ['elementwise/whereUnequal', 'select(upstream, vec4f(), x == y)', 'upstream', 'maxOf'],
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
  ['normRows', 'scale * (g - p', 'scale * (upstreamAt(id) - p', 'layerNorm'],
  ['normRows', 'sum.x + normal * sum.y', 'sum.x', 'layerNorm'],
  ['normRows', 'sum.x + normal * sum.y', 'normal * sum.y', 'layerNorm'],
  ['term/normRows', '(x - moment.x)', 'x', 'layerNorm'],
  ['accumulator/max', 'x > state', 'x < state', 'spmax'],
  ['accumulator/max', 'b > a', 'b < a', 'spmax'],
  ['accumulator/max', 'vec4f(), state == LOWEST', 'state, state == LOWEST', 'spmax'],
  ['aggregateTies', 'xAt(at) == mine', 'xAt(at) >= mine', 'spmax'],
  ['aggregateTies', 'segment.x, segment.y', 'segment.x + 1u, segment.y', 'spmax'],
  ['aggregateTies', 'var e = begin; e < end', 'var e = begin; e + 1u < end', 'spmax'],
  ['ties/count', 'vec4f(1.0)', 'vec4f(2.0)', 'spmax'],
  ['ties/shares', 'sharesAt(at)', 'vec4f(1.0)', 'spmax'],
  ['elementwise/shares', 'x / y', 'x', 'spmax'],
  ['term/product', 'x * y', 'x + y', 'scaledSum'],
  ['term/negative', 'x < vec4f()', 'x > vec4f()', 'prelu'],
  ['dot', 'row < end', 'row + 1u < end', 'prelu'],
  ['reduce', 'sum.x + sum.y', 'sum.x', 'prelu'],
  ['elementwise/add', 'x + y', 'x - y', 'add '],
  ['elementwise/dropout', 'p.scale * x', 'x', 'dropout'],
  ['elementwise/dropout', 'bits < vec4u(p.threshold)', 'bits >= vec4u(p.threshold)', 'dropout'],
  ['random', 'x = mix(x, 15u)', 'x = mix(x, 14u)', 'dropout'],
  ['random', 'bits.x >> 16u', 'bits.y >> 16u', 'dropout'],
  ['ids/local', 'return ids[row]', 'return row', 'dropout width 16, local rows'],
  ['ids/local', 'return ids[row]', 'return row', 'sparse features weighted, width 16, local rows'],
  ['ids/global', 'return row;', 'return row + 1u;', 'dropout width 16, global rows'],
  ['sparseDropout', 'let id = globalRow(row)', 'let id = globalRow(row) + 1u', 'sparse features'],
  ['sparseDropout', 'p.scale * weightOf', 'weightOf', 'sparse features'],
  ['sparseDropout', 'min(4u, end - e)', 'min(3u, end - e)', 'sparse features'],
  ['sparseDense', 'out[start + c] = 0.0;', 'out[start + c] = 0.5;', 'written out'],
  ['sparseDense', '+= weightOf(e)', '= weightOf(e) + 1.0', 'written out'],
  ['sparseDropout', 'outTransposed[positions[e + i]]', 'outTransposed[e + i]', 'sparse features'],
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
  ['loss', 'sums += select(vec4f(), exp(', 'sums += select(vec4f(), 1.01 * exp(', 'masked'],
  ['loss', 'exp(xAt(begin + c) - largest)', 'exp(xAt(begin + c))', 'masked cross-entropy and counts, 7 classes, steep'],
  ['loss', 'putLoss(row, state)', '', 'masked cross-entropy and counts, 7 classes, smooth, joined'],
  [
    'loss',
    'putOut(row * p.width4 + column4',
    'putOut(row',
    'masked cross-entropy and counts, 7 classes, smooth, joined',
  ],
  ['loss', '- z * targets[at][c % 4u]', '', 'masked binary'],
  ['loss', 'log(1.0 + exp(-abs(z)))', '0.0', 'masked binary'],
  ['loss', 'probability - targets[id]', 'probability', 'masked binary'],
  ['loss', 'select(vec4f(1.0), small, z < vec4f())', 'vec4f(1.0)', 'masked binary'],
  ['metrics', 'x[id][c] > 0.0', 'x[id][c] > 0.5', 'masked binary'],
  ['metrics', 'targets[id][c] > 0.5', 'targets[id][c] < 0.5', 'masked binary'],
  ['metrics', 'if (predicted && actual)', 'if (actual)', 'masked binary'],
  ['metrics', 'value > best', 'value < best', 'masked'],
  ['accumulator/softmax', 'other * state.sum + 1.0', 'state.sum + 1.0', 'gat, 8'],
  ['accumulator/softmax', 'other * state.x + weight * x', 'state.x + weight * x', 'gat, 8'],
  ['accumulator/softmax', 'state.x + other * weight * x', 'state.x + weight * x', 'gat, 8'],
  ['accumulator/softmax', 'ofA * a.sum + ofB * b.sum', 'a.sum + ofB * b.sum', 'gat, 8'],
  ['accumulator/softmax', 'ofA * a.x + ofB * b.x', 'a.x + ofB * b.x', 'gat, 8 heads of 8'],
  ['accumulator/softmax', 'if (state.sum == 0.0) { return mat2x4f(); }', '', 'gat, 8'],
  ['attention/edge', 'p.negativeSlope * x, x < 0.0', 'x, x < 0.0', 'gat, 8'],
  ['attention/edge', 'p.negativeSlope * x, x < vec4f()', 'x, x < vec4f()', 'gatv2, 8'],
  ['attention/edge', 'p.key1 + number / 4u', 'p.key1', 'gat, 10 heads'],
  ['attention/edge', 'globalRow(row), globalRow(source)', 'globalRow(source), globalRow(row)', 'gat, 3'],
  ['attention/edge', '65536.0 / f32(65536u - p.threshold)', '1.0', 'gat, 3'],
  ['attention/edge', 'select(p.negativeSlope, 1.0, x > 0.0)', '1.0', 'gat, 8'],
  ['attention/edge', 'select(vec4f(p.negativeSlope), vec4f(1.0), x > vec4f())', 'vec4f(1.0)', 'gatv2, 8'],
  ['attention/gat', '+ scoreTarget[row * p.scoreStride + number]', '', 'gat, 8'],
  ['attention/gatv2', ', within(c));', ', vec4<bool>(true));', 'gatv2, 3'],
  ['attention/gatv2', 'score.x + score.y + score.z + score.w', 'score.x + score.y + score.z', 'gatv2, 8'],
  ['attention/packed', 'u32(packed[at]) * 65536u + ', '', 'gat, 2 heads of 7'],
  ['attention/pack', 'ids[id] & 0xffffu', 'ids[id] & 0xfffu', 'gat, 2 heads of 7'],
  ['attention/pack', 'upstreamFrom(begin + c), xFrom', 'xFrom(begin + c), xFrom', 'gat, 8'],
  ['attention/tiles', '> place.first + 4u', '> place.first + 5u', 'gat, 3 heads of 5'],
  ['attention/tiles', '(begin < place.first + 4u)', '(begin < place.first)', 'gat, 8 heads of 8'],
  ['attention/tiles', '- vec4u(head * p.channels)', '', 'gat, 3 heads of 5'],
  ['attention/tiles', '/ p.channels + 1u)', '/ p.channels)', 'gat, 3 heads of 5'],
  ['attention/tiles', '>= place.first', '> place.first', 'gat, 8 heads of 8'],
  ['attention/put', 'place.first + 4u < widthOfHeads()', 'place.first + 8u < widthOfHeads()', 'gat, 8 heads of 8'],
  ['unaligned', 'vec4f(a.yzw, b.x)', 'a', 'gatv2, 3 heads of 5'],
  ['unaligned', 'vec4f(a.zw, b.xy)', 'vec4f(a.zw, b.yx)', 'gatv2, 3 heads of 5'],
  ['unaligned', 'vec4f(a.w, b.xyz)', 'vec4f(a.z, b.xyz)', 'gatv2, 2 heads of 7'],
  ['unaligned', 'if (count > 3u) { sum += a.w * b.w; }', '', 'rowDots, 8'],
  ['attention/logSumExp', 'accLogSumExp(state)', 'state.largest', 'gat, 8'],
  ['attention/forward', 'end - begin > p.heavy', 'end - begin >= p.heavy - 250u', 'gat, 8'],
  ['attention/merge', 's < heavy.y + heavy.z', 's + 1u < heavy.y + heavy.z', 'gat, 8'],
  ['attention/mergeSum', 's < heavy.y + heavy.z', 's + 1u < heavy.y + heavy.z', 'gat, 8'],
  ['attention/upstream', 'if (parts.y)', 'if (false)', 'gat, 2 heads of 33'],
  ['attention/gatGrad', 'keptOf(source, row, head) * product - known.y', 'product - known.y', 'gat, 3'],
  ['attention/gatGrad', 'product - known.y', 'product', 'gat, 8'],
  ['attention/gatGrad', ' * slopeAt(raw)', '', 'gat, 8'],
  ['attention/gatGrad', '(alpha * keptOf(source, row, head))', 'alpha', 'gat, 3'],
  ['attention/gatGrad', 'scoreGrad(source, indices[e], head)', 'scoreGrad(indices[e], source, head)', 'gat, 8'],
  ['attention/gatv2Grad', 'kept * product - known.y', 'product - known.y', 'gatv2, 3'],
  ['attention/gatv2Grad', ', kept * alpha)', ', alpha)', 'gatv2, 3'],
  ['attention/gatv2Grad', 'entry.scoreGrad * times(slope, u)', 'entry.scoreGrad * u', 'gatv2, 8'],
  ['attention/gatv2Grad', 'times(vectorTile(place, parts), sums.ofSum)', 'sums.ofSum', 'gatv2, 8'],
  ['attention/gatv2Grad', 'entry.weight * upstreamTile', 'entry.scoreGrad * upstreamTile', 'gatv2, 8'],
  ['rowDots', 'four, p.channels - c)', 'four, 4u)', 'rowDots'],
  ['rowDotsGrad', 'vec4u(4u * column4)', 'vec4u(column4)', 'rowDots'],
  ['metrics', 'value > best', 'value >= best', 'masked cross-entropy and counts, 7 classes, steep'],
  ['metrics', '2u * p.cols + actual', '2u * p.cols + predicted', 'masked'],
  ['metrics', 'atomicStore(&counts[id], 0u);', '', 'masked'],
  ['metrics', 'mask[row] != TEST', 'mask[row] == 0u', 'masked'],
  ['metrics', 'labels[row] * p.cols + argument[row]', 'argument[row] * p.cols + labels[row]', 'masked'],
  ['optimizer/adam', 'm / by.x', 'm', 'Adam'],
  ['optimizer/adam', 'p.gain2 * g * g', 'p.gain2 * g', 'Adam'],
  ['optimizer/adam', 'p.beta1 * moment1[id] + p.gain1 * g', 'p.gain1 * g', 'Adam'],
  ['optimizer/adam', 'p.beta2 * moment2[id] + ', '', 'Adam'],
  ['optimizer', 'outClock[0] * vec4f(p.beta1, p.beta2, 0.0, 0.0) +', '', 'Adam, clipped'],
  ['optimizer/counted', 'p.correction2', 'p.correction1', 'Adam'],
  ['optimizer/clock', 'clock[0].xy', 'clock[0].xx', 'Adam, clipped'],
  ['optimizer/adam', 'p.shrink * before', 'before', 'AdamW'],
  ['optimizer/adam', 'scaled(gradient) + p.l2 * before;', 'scaled(gradient);', 'Adam'],
  ['optimizer', 'total[id] += x[id]', 'total[id] = x[id]', 'Adam'],
  ['optimizer/sgd', 'p.momentum * velocity[id] + ', '', 'SGD'],
  ['optimizer/sgd', '(scaled(gradient) + p.l2 * before)', 'scaled(gradient)', 'SGD'],
  ['optimizer', 'i < p.rows; i += p.count', 'i + 1u < p.rows; i += p.count', 'Adam, clipped'],
  ['optimizer', 'outPartial[p.first + id]', 'outPartial[id]', 'Adam, clipped'],
  ['optimizer', '(sum.z + sum.w)', 'sum.z', 'SGD, clipped'],
  ['optimizer', 'select(scale, 1.0, scale > 1.0)', 'scale', 'SGD, clipped'],
  ['gradient/clipped', 'clip[0].x * gradient', 'gradient', 'SGD, clipped'],
  ['gradient/plain', 'return gradient', 'return -gradient', 'SGD'],
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
  ['heads', 'putOut(id, outAt(id) + value)', 'putOut(id, value)', 'meanHeads'],
  ['heads', 'let channel = p.first +', 'let channel =', 'meanHeads'],
  ['heads', 'let column = p.first +', 'let column =', 'meanHeads'],
  ['heads', 'column - p.xFirst >= p.xCols', 'false', 'meanHeads'],
  ['copy', '* p.xStride4 + p.xOffset4', '* p.xStride4', 'firstRows'],
  ['copy', '* p.outStride4 + p.outOffset4', '* p.outStride4', 'firstRows'],
  ['matmul/operands', 'putOut(at, outAt(at) + clean)', 'putOut(at, clean)', 'matmul nt'],
  ['matmul/bColumns', '(p.bRow + column)', 'column', 'matmul nt'],
  ['aggregate/tile1x4', 'p.xOffset4 +', '', 'sparse features'],
  ['aggregate', '+ p.outOffset4', '', 'sparse features'],
  ['attention/forward', 'p.sourceOffset, place', '0u, place', 'gat, 10 heads of 4'],
  ['attention/put', 'stride, offset, place', 'stride, 0u, place', 'gat, 10 heads of 4'],
  ['attention/gatv2Grad', 'p.headFirst * p.channels + place.first', 'place.first', 'gatv2, 8 heads of 8'],
  ['attention/gatv2', '(p.headFirst + head) * p.channels', 'head * p.channels', 'gatv2, 8 heads of 8'],
  ['attention/edge', 'let number = p.headFirst + head;', 'let number = head;', 'gat, 10 heads of 4'],
  ['rowDots', '(p.headFirst + head) * p.channels', 'head * p.channels', 'rowDots'],
  ['rowDotsGrad', 'p.column4 + id % p.width4', 'id % p.width4', 'rowDots'],
  ['rowDotsGrad', 'upstreamOf(row, p.column4 + column4)', 'upstreamOf(row, column4)', 'rowDots'],
  ['sumRows/whole', 'p.outOffset4 + column4', 'column4', 'layerNorm'],
  ['loss', 'if (p.first == 0u) { outLoss[row] = vec4f(); }', 'outLoss[row] = vec4f(1.0);', 'masked'],
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
