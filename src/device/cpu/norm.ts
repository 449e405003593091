import type { CpuKernel, Floats } from './kernel.ts';

/** Batch norm and layer norm; see shaders/normColumns.wgsl and normRows.wgsl. */

/** Mean and M2 of `count` numbers, `step` apart, in two passes. */
function momentsOf(x: Floats, first: number, step: number, count: number): [mean: number, m2: number] {
  let sum = 0;
  for (let i = 0, at = first; i < count; i++, at += step) sum += x[at];
  const mean = sum / count;
  let m2 = 0;
  for (let i = 0, at = first; i < count; i++, at += step) m2 += (x[at] - mean) ** 2;
  return [mean, m2];
}

const chunkMoments: CpuKernel = ({ floats: { x, outMoments } }, p) => {
  const width = p.width4 * 4;
  for (let begin = 0, chunk = 0; begin < p.rows; begin += p.chunk, chunk++) {
    const count = Math.min(p.chunk, p.rows - begin);
    for (let c = 0; c < width; c++) {
      const [mean, m2] = momentsOf(x, begin * width + c, width, count);
      // The layout of the WGSL structure: four means, then four M2.
      const at = (chunk * p.width4 + (c >> 2)) * 8 + (c % 4);
      outMoments[at] = mean;
      outMoments[at + 4] = m2;
    }
  }
};

const mergeMoments: CpuKernel = ({ floats: { moments, outMean, outVariance } }, p) => {
  for (let c = 0; c < p.width4 * 4; c++) {
    let [mean, m2] = [0, 0];
    for (let chunk = 0; chunk < p.count; chunk++) {
      const at = (chunk * p.width4 + (c >> 2)) * 8 + (c % 4);
      const before = chunk * p.chunk;
      const added = Math.min(p.chunk, p.rows - before);
      const delta = moments[at] - mean;
      mean += (delta * added) / (before + added);
      m2 += moments[at + 4] + (delta * delta * before * added) / (before + added);
    }
    outMean[p.column4 * 4 + c] = mean;
    outVariance[p.column4 * 4 + c] = m2 * p.perRow;
  }
};

const updateRunning: CpuKernel = ({ floats: { mean, variance, outMean, outVariance } }, p) => {
  for (let c = 0; c < p.width4 * 4; c++) {
    outMean[c] += p.momentum * (mean[c] - outMean[c]);
    outVariance[c] += p.momentum * (p.unbias * variance[c] - outVariance[c]);
  }
};

const normalizeColumns: CpuKernel = ({ floats: { x, mean, variance, weight, bias, out } }, p) => {
  const width = p.width4 * 4;
  for (let i = 0, row = 0; row < p.rows; row++) {
    for (let c = p.column4 * 4; c < p.column4 * 4 + width; c++, i++) {
      out[i] = ((x[i] - mean[c]) / Math.sqrt(variance[c] + p.epsilon)) * weight[c] + bias[c];
    }
  }
};

const normalizeColumnsGrad: CpuKernel = ({ floats }, p) => {
  const { x, upstream, mean, variance, weight, biasGrad, weightGrad, out } = floats;
  const width = p.width4 * 4;
  for (let i = 0, row = 0; row < p.rows; row++) {
    for (let c = p.column4 * 4; c < p.column4 * 4 + width; c++, i++) {
      const scale = 1 / Math.sqrt(variance[c] + p.epsilon);
      const normal = (x[i] - mean[c]) * scale;
      out[i] = weight[c] * scale * (upstream[i] - p.perRow * (biasGrad[c] + normal * weightGrad[c]));
    }
  }
};

const rowMoments: CpuKernel = ({ floats: { x, outMoments } }, p) => {
  for (let row = 0; row < p.rows; row++) {
    let [mean, m2] = momentsOf(x, row * p.width4 * 4, 1, p.cols);
    if (p.before > 0) {
      const [otherMean, otherM2] = [outMoments[2 * row], outMoments[2 * row + 1]];
      const share = p.cols / (p.before + p.cols);
      const delta = mean - otherMean;
      mean = otherMean + delta * share;
      m2 += otherM2 + delta * delta * p.before * share;
    }
    outMoments[2 * row] = mean;
    outMoments[2 * row + 1] = m2;
  }
};

const normalizeRows: CpuKernel = ({ floats: { x, moments, weight, bias, out } }, p) => {
  for (let i = 0, row = 0; row < p.rows; row++) {
    const scale = 1 / Math.sqrt(moments[2 * row + 1] * p.perColumn + p.epsilon);
    for (let c = p.column4 * 4; c < (p.column4 + p.width4) * 4; c++, i++) {
      out[i] = (x[i] - moments[2 * row]) * scale * weight[c] + bias[c];
    }
  }
};

const rowSums: CpuKernel = ({ floats: { x, upstream, weight, moments, outSums } }, p) => {
  for (let i = 0, row = 0; row < p.rows; row++) {
    let [total, normal] = p.before > 0 ? [outSums[2 * row], outSums[2 * row + 1]] : [0, 0];
    const scale = 1 / Math.sqrt(moments[2 * row + 1] * p.perColumn + p.epsilon);
    for (let c = p.column4 * 4; c < (p.column4 + p.width4) * 4; c++, i++) {
      const g = upstream[i] * weight[c];
      total += g;
      normal += g * (x[i] - moments[2 * row]) * scale;
    }
    outSums[2 * row] = total;
    outSums[2 * row + 1] = normal;
  }
};

const normalizeRowsGrad: CpuKernel = ({ floats: { x, upstream, weight, moments, sums, out } }, p) => {
  for (let i = 0, row = 0; row < p.rows; row++) {
    const scale = 1 / Math.sqrt(moments[2 * row + 1] * p.perColumn + p.epsilon);
    for (let c = 0; c < p.width4 * 4; c++, i++) {
      const normal = (x[i] - moments[2 * row]) * scale;
      const g = upstream[i] * weight[p.column4 * 4 + c];
      out[i] = c < p.cols ? scale * (g - p.perColumn * (sums[2 * row] + normal * sums[2 * row + 1])) : 0;
    }
  }
};

export const normKernels: Record<string, CpuKernel> = {
  'normColumns.chunkMoments': chunkMoments,
  'normColumns.mergeMoments': mergeMoments,
  'normColumns.updateRunning': updateRunning,
  'normColumns.normalizeColumns': normalizeColumns,
  'normColumns.normalizeColumnsGrad': normalizeColumnsGrad,
  'normRows.rowMoments': rowMoments,
  'normRows.normalizeRows': normalizeRows,
  'normRows.rowSums': rowSums,
  'normRows.normalizeRowsGrad': normalizeRowsGrad,
};
