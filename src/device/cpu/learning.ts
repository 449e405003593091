import type { CpuKernel } from './kernel.ts';

/** Loss, metrics and optimisers; see shaders/loss.wgsl, metrics.wgsl, optimizer.wgsl. */

const TRAIN = 1;
const TEST = 3;

const logSumExp: CpuKernel = ({ floats: { x, outLogSumExp } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const begin = row * width;
    let largest = x[begin];
    for (let c = 1; c < p.cols; c++) largest = Math.max(largest, x[begin + c]);
    let sum = 0;
    for (let c = 0; c < p.cols; c++) sum += Math.exp(x[begin + c] - largest);
    let state = largest + Math.log(sum);
    if (p.merge) {
      const before = outLogSumExp[row];
      state = Math.max(before, state) + Math.log1p(Math.exp(-Math.abs(before - state)));
    }
    outLogSumExp[row] = state;
  }
};

const crossEntropy: CpuKernel = ({ floats: { x, logSumExp, weights, outLoss }, words: { labels, mask } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    if (mask[row] === 0) {
      if (p.first === 0) outLoss.fill(0, row * 4, row * 4 + 4);
      continue;
    }
    const column = labels[row] - p.first;
    if (column < 0 || column >= p.cols) continue;
    outLoss.fill(0, row * 4, row * 4 + 4);
    const weight = weights ? weights[labels[row]] : 1;
    outLoss[row * 4 + mask[row] - 1] = weight * (logSumExp[row] - x[row * width + column]);
  }
};

const crossEntropyGrad: CpuKernel = ({ floats: { x, logSumExp, weights, out }, words: { labels, mask } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    const begin = row * width;
    if (mask[row] !== TRAIN) {
      out.fill(0, begin, begin + width);
      continue;
    }
    const label = labels[row] - p.first;
    const scale = p.scale * (weights ? weights[labels[row]] : 1);
    for (let c = 0; c < width; c++) {
      const probability = c < p.cols ? Math.exp(x[begin + c] - logSumExp[row]) : 0;
      out[begin + c] = scale * (probability - (c === label ? 1 : 0));
    }
  }
};

/** All of it at once, of logits that are one panel. */
const softmaxLoss: CpuKernel = ({ floats, words }, p) => {
  const logSumExps = floats.x.slice(0, p.rows);
  logSumExp({ floats: { x: floats.x, outLogSumExp: logSumExps }, words }, p);
  const operands = { floats: { ...floats, logSumExp: logSumExps }, words };
  crossEntropy(operands, p);
  if (floats.out) crossEntropyGrad(operands, p);
};

const binaryCrossEntropy: CpuKernel = ({ floats: { x, targets, outLoss }, words: { mask } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    if (!p.merge) outLoss.fill(0, row * 4, row * 4 + 4);
    if (mask[row] === 0) continue;
    let loss = 0;
    for (let c = 0, i = row * width; c < p.cols; c++, i++) {
      loss += Math.max(x[i], 0) - x[i] * targets[i] + Math.log1p(Math.exp(-Math.abs(x[i])));
    }
    outLoss[row * 4 + mask[row] - 1] += loss;
  }
};

const binaryCrossEntropyGrad: CpuKernel = ({ floats: { x, targets, out }, words: { mask } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0, i = 0; row < p.rows; row++) {
    for (let c = 0; c < width; c++, i++) {
      const counts = mask[row] === TRAIN && c < p.cols;
      out[i] = counts ? p.scale * (1 / (1 + Math.exp(-x[i])) - targets[i]) : 0;
    }
  }
};

const clear: CpuKernel = ({ words: { counts } }, p) => {
  counts.fill(0, 0, p.rows);
};

const argMax: CpuKernel = ({ floats: { x, outBest }, words: { outArgument } }, p) => {
  const width = p.width4 * 4;
  for (let row = 0; row < p.rows; row++) {
    let best = x[row * width];
    let argument = 0;
    for (let c = 1; c < p.cols; c++) {
      if (x[row * width + c] > best) {
        best = x[row * width + c];
        argument = c;
      }
    }
    if (p.merge && outBest[row] >= best) continue;
    outBest[row] = best;
    outArgument[row] = p.first + argument;
  }
};

const count: CpuKernel = ({ words: { argument, labels, mask, counts } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    if (mask[row] === 0) continue;
    const table = (mask[row] - 1) * 3 * p.cols;
    if (argument[row] === labels[row]) counts[table + argument[row]]++;
    counts[table + p.cols + argument[row]]++;
    counts[table + 2 * p.cols + labels[row]]++;
  }
};

const confuse: CpuKernel = ({ words: { argument, labels, mask, counts } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    if (mask[row] === TEST) counts[labels[row] * p.cols + argument[row]]++;
  }
};

const countLabels: CpuKernel = ({ floats: { x, targets }, words: { mask, counts } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    if (mask[row] === 0) continue;
    for (let c = 0, i = row * p.width4 * 4; c < p.cols; c++, i++) {
      const at = (mask[row] - 1) * 3 * p.classes + p.first + c;
      const predicted = x[i] > 0;
      const actual = targets[i] > 0.5;
      if (predicted && actual) counts[at]++;
      if (predicted) counts[at + p.classes]++;
      if (actual) counts[at + 2 * p.classes]++;
    }
  }
};

const adamClock: CpuKernel = ({ floats: { clip, outClock } }, p) => {
  if (clip?.[3]) return;
  outClock[0] = outClock[0] * p.beta1 + p.gain1;
  outClock[1] = outClock[1] * p.beta2 + p.gain2;
};

const adam: CpuKernel = ({ floats: { gradient, clip, clock, parameter, moment1, moment2 } }, p) => {
  if (clip?.[3]) return;
  const scale = clip ? clip[0] : 1;
  const [correction1, correction2] = clock ?? [p.correction1, p.correction2];
  for (let i = 0; i < p.rows * p.width4 * 4; i++) {
    const before = parameter[i];
    const g = scale * gradient[i] + p.l2 * before;
    const m = p.beta1 * moment1[i] + p.gain1 * g;
    const v = p.beta2 * moment2[i] + p.gain2 * g * g;
    moment1[i] = m;
    moment2[i] = v;
    parameter[i] = p.shrink * before - (p.lr * (m / correction1)) / (Math.sqrt(v / correction2) + p.epsilon);
  }
};

const accumulate: CpuKernel = ({ floats: { x, total } }, p) => {
  for (let i = 0; i < p.rows * 4; i++) total[i] = x[i] + (p.keep ? total[i] : 0);
};

const sgd: CpuKernel = ({ floats: { gradient, clip, parameter, velocity } }, p) => {
  if (clip?.[3]) return;
  const scale = clip ? clip[0] : 1;
  for (let i = 0; i < p.rows * p.width4 * 4; i++) {
    const before = parameter[i];
    const v = p.momentum * velocity[i] + (scale * gradient[i] + p.l2 * before);
    velocity[i] = v;
    parameter[i] = before - p.lr * v;
  }
};

const squares: CpuKernel = ({ floats: { x, outPartial } }, p) => {
  for (let part = 0; part < p.count; part++) {
    for (let lane = 0; lane < 4; lane++) {
      let sum = 0;
      for (let i = 4 * part + lane; i < 4 * p.rows; i += 4 * p.count) sum += x[i] * x[i];
      outPartial[4 * (p.first + part) + lane] = sum;
    }
  }
};

const clipScale: CpuKernel = ({ floats: { partial, clip, outClip } }, p) => {
  const factor = clip ? clip[0] : 1;
  let sum = 0;
  for (let i = 0; i < 4 * p.count; i++) sum += partial[i];
  const norm = factor * Math.sqrt(sum);
  // NaN where the norm is.
  outClip[0] = factor * Math.min(1, p.limit / (norm + p.epsilon));
  outClip[1] = norm;
  outClip[3] = clip ? clip[3] : 0;
};

const notFinite: CpuKernel = ({ floats: { bits, outPartial } }, p) => {
  for (let part = 0; part < p.count; part++) {
    for (let lane = 0; lane < 4; lane++) {
      let found = 0;
      for (let i = 4 * part + lane; i < 4 * p.rows; i += 4 * p.count) if (!Number.isFinite(bits[i])) found++;
      outPartial[4 * (p.first + part) + lane] = found;
    }
  }
};

const lossScale: CpuKernel = ({ floats: { partial, outScale } }, p) => {
  const bad = partial.subarray(0, 4 * p.count).some((found) => found > 0);
  const [, before, power] = outScale;
  const grows = before + 1 >= p.interval;
  outScale[0] = 2 ** -(power + 16);
  outScale[1] = bad || grows ? 0 : before + 1;
  outScale[2] = Math.min(Math.max(power + (bad ? -1 : grows ? 1 : 0), -142), 110);
  outScale[3] = bad ? 1 : 0;
};

export const learningKernels: Record<string, CpuKernel> = {
  'loss.logSumExp': logSumExp,
  'loss.crossEntropy': crossEntropy,
  'loss.crossEntropy.weighted': crossEntropy,
  'loss.crossEntropyGrad': crossEntropyGrad,
  'loss.crossEntropyGrad.weighted': crossEntropyGrad,
  'loss.softmax': softmaxLoss,
  'loss.softmax.weighted': softmaxLoss,
  'loss.softmaxGrad': softmaxLoss,
  'loss.softmaxGrad.weighted': softmaxLoss,
  'loss.binaryCrossEntropy': binaryCrossEntropy,
  'loss.binaryCrossEntropyGrad': binaryCrossEntropyGrad,
  'metrics.clear': clear,
  'metrics.argMax': argMax,
  'metrics.count': count,
  'metrics.confuse': confuse,
  'metrics.countLabels': countLabels,
  'optimizer.adam': adam,
  'optimizer.adam.clipped': adam,
  'optimizer.sgd': sgd,
  'optimizer.sgd.clipped': sgd,
  'optimizer.squares': squares,
  'optimizer.adamClock.clipped': adamClock,
  'optimizer.clipScale': clipScale,
  'optimizer.clipScale.clipped': clipScale,
  'optimizer.notFinite': notFinite,
  'optimizer.lossScale': lossScale,
  'optimizer.accumulate': accumulate,
};
