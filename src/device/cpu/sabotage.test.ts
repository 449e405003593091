import { describe, expect, test } from 'vitest';
import { allCases } from '../testing/cases.ts';
import { runCase, tightLimits } from '../testing/opCase.ts';
import { measuring, withinRules } from '../testing/rule.ts';
import { cpuExecutor, cpuKernels } from './executor.ts';
import type { CpuKernel, Params } from './kernel.ts';

/** CPU kernels that are wrong on purpose: the checker must refuse each of them. */

const cases = allCases().filter(({ name }) => !/width (1|33|257)\b/.test(name) && !name.includes('257'));

const [whole, inPanels] = [measuring(), measuring(tightLimits)];

/** Whether the rule refuses any case that uses the kernel when `wrong` takes its place. That it passes the right ones, ops.test.ts shows. */
async function refused(name: string, wrong: CpuKernel, measure: typeof whole): Promise<boolean> {
  for (const c of cases) {
    const { built, oracle } = await measure(c);
    if (!built.plan.routines.main.some(({ kernel }) => kernel === name)) continue;
    const actual = await runCase(built, cpuExecutor(built.plan, { kernels: { ...cpuKernels, [name]: wrong } }));
    if (!withinRules(actual, { built, oracle, cpu: oracle }).ok) return true;
  }
  return false;
}

test.each(Object.keys(cpuKernels))('%s that does nothing', async (name) => {
  expect(await refused(name, () => {}, whole)).toBe(true);
});

type Sabotage = readonly [kernel: string, what: string, change: (p: Params) => Record<string, number>];

/** Kernels that get other parameters than the op gave. */
const WHOLE: readonly Sabotage[] = [
  ['aggregate.rows.sum.weighted', 'leaves all rows to the second pass', () => ({ heavy: 0 })],
  ['aggregate.rows.sum.ones', 'leaves out a vec4', (p) => ({ width4: p.width4 - 1 })],
  ['aggregate.segments.sum.weighted', 'leaves out a segment', (p) => ({ rows: p.rows - 1 })],
  ['aggregate.merge.sum', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['matmul.nn', 'leaves out a term', (p) => ({ inner: p.inner - 1 })],
  ['matmul.nt', 'leaves out terms', (p) => ({ inner: p.inner - 4 })],
  ['matmul.nt', 'leaves out a column', (p) => ({ cols: p.cols - 1 })],
  ['matmul.tn', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['matmul.tn.whole', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['reduce.columnSum', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['reduce.columnSum.whole', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['reduce.columnSum.whole', 'scales', () => ({ scale: 1.001 })],
  ['reduce.columnSum.whole', 'begins anew', () => ({ accumulate: 0 })],
  ['rowDots.vectorGrad.whole', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['reduce.mergeSum', 'leaves out a chunk', (p) => ({ count: p.count - 1 })],
  ['reduce.mergeSum', 'scales', () => ({ scale: 1.001 })],
  ['reduce.mergeSum', 'begins anew', () => ({ accumulate: 0 })],
  ['activation.relu', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['activation.geluGrad', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['elementwise.combine', 'weighs both alike', (p) => ({ beta: p.alpha })],
  ['elementwise.scale', 'scales by more', (p) => ({ alpha: 1.001 * p.alpha })],
  ['elementwise.scaledSum', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['elementwise.scaleByParameter', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['dot.product', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['copy.rows', 'copies too few', (p) => ({ copied: p.copied - 1 })],
  ['copy.columns', 'copies too few', (p) => ({ end: p.end - 1 })],
  ['heads.mean', 'leaves out a head', (p) => ({ heads: p.heads - 1 })],
  ['heads.spread', 'scales', (p) => ({ scale: 1.001 * p.scale })],
  ['elementwise.maximum', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['elementwise.whereEqual', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['elementwise.whereUnequal', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['normColumns.chunkMoments', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['normColumns.mergeMoments', 'leaves out a chunk', (p) => ({ count: p.count - 1 })],
  ['normColumns.updateRunning', 'takes the biased variance', () => ({ unbias: 1 })],
  ['normColumns.updateRunning', 'has another momentum', () => ({ momentum: 0.11 })],
  ['normColumns.normalizeColumns', 'divides by more', () => ({ epsilon: 1e-4 })],
  ['normColumns.normalizeColumnsGrad', 'takes mean and variance for given', () => ({ perRow: 0 })],
  ['normRows.rowMoments', 'leaves out a column', (p) => ({ cols: p.cols - 1 })],
  ['normRows.normalizeRows', 'divides by more', () => ({ epsilon: 1e-4 })],
  ['normRows.rowSums', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['normRows.normalizeRowsGrad', 'takes the moments for given', () => ({ perColumn: 0 })],
  ['dot.normColumns', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['dot.normRows', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['aggregate.rows.max', 'leaves all rows to the second pass', () => ({ heavy: 0 })],
  ['aggregate.segments.max', 'leaves out a segment', (p) => ({ rows: p.rows - 1 })],
  ['ties.rows.count', 'leaves all rows to the second pass', () => ({ heavy: 0 })],
  ['ties.segments.count', 'leaves out a segment', (p) => ({ rows: p.rows - 1 })],
  ['ties.rows.shares', 'leaves out a column', (p) => ({ cols: p.cols - 1 })],
  ['dot.negative', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['reduce.total', 'leaves out a vec4', (p) => ({ width4: p.width4 - 1 })],
  ['dropout.global', 'has another key', (p) => ({ key0: p.key0 + 1 })],
  ['dropout.local', 'has another key', (p) => ({ key1: p.key1 + 1 })],
  ['dropout.global', 'drops more', (p) => ({ threshold: p.threshold + 655 })],
  ['dropout.global', 'does not scale', () => ({ scale: 1 })],
  ['sparse.dropout.weighted.local', 'has another key', (p) => ({ key0: p.key0 + 1 })],
  ['sparse.dropout.ones.global', 'does not scale', () => ({ scale: 1 })],
  ['sparse.dense.weighted', 'begins a column later', (p) => ({ first: p.first + 1 })],
  ['sparse.dense.ones', 'leaves out half of the rows', (p) => ({ rows: p.rows >> 1 })],
  ['attention.gat.rows.global', 'leaves all rows to the second pass', () => ({ heavy: 0 })],
  ['attention.gat.rows.local', 'has another key', (p) => ({ key1: p.key1 + 1 })],
  ['attention.gatv2.rows.global', 'has another slope', () => ({ negativeSlope: 0.21 })],
  ['attention.gatv2.rows.local', 'drops more', (p) => ({ threshold: p.threshold + 655 })],
  ['attention.merge', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['attention.mergeSum', 'leaves out a column', (p) => ({ width: p.width - 1 })],
  ['attention.gat.grad.targets.rows', 'numbers nodes globally', () => ({ ids: 0 })],
  ['attention.gat.grad.sources.rows', 'drops nothing', () => ({ threshold: 0 })],
  ['attention.gat.grad.features.segments', 'leaves out a segment', (p) => ({ rows: p.rows - 1 })],
  ['attention.gatv2.grad.targets.rows', 'takes another vector', (p) => ({ vector: p.vector - 1 })],
  ['attention.gatv2.grad.sources.rows', 'numbers nodes globally', () => ({ ids: 0 })],
  ['attention.pack.statistics', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['rowDots.dots', 'leaves out a head', (p) => ({ heads: p.heads - 1 })],
  ['rowDots.vectorGrad', 'leaves out a row', (p) => ({ rows: p.rows - 1 })],
  ['loss.logSumExp', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['loss.crossEntropy', 'takes the class before', (p) => ({ first: p.first + 1 })],
  ['loss.crossEntropyGrad.weighted', 'scales', (p) => ({ scale: 1.001 * p.scale })],
  ['loss.crossEntropyGrad', 'scales', (p) => ({ scale: 1.001 * p.scale })],
  ['loss.softmax', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['loss.softmaxGrad', 'scales', (p) => ({ scale: 1.001 * p.scale })],
  ['loss.softmaxGrad.weighted', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['loss.binaryCrossEntropy', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['loss.binaryCrossEntropyGrad', 'scales', (p) => ({ scale: 1.001 * p.scale })],
  ['metrics.countLabels', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['metrics.argMax', 'leaves out a class', (p) => ({ cols: p.cols - 1 })],
  ['metrics.count', 'leaves out a node', (p) => ({ rows: p.rows - 1 })],
  ['metrics.confuse', 'leaves out the last nodes', (p) => ({ rows: p.rows - 4 })],
  ['metrics.clear', 'leaves out a class', (p) => ({ rows: p.rows - 1 })],
  ['optimizer.adam', 'steps further', (p) => ({ lr: 1.001 * p.lr })],
  ['optimizer.adam', 'does not decay', () => ({ l2: 0 })],
  ['optimizer.adam', 'does not shrink', () => ({ shrink: 1 })],
  ['optimizer.adam', 'forgets the first moment', () => ({ beta1: 0 })],
  ['optimizer.adam', 'forgets the second moment', () => ({ beta2: 0 })],
  ['optimizer.adamClock.clipped', 'forgets the time', () => ({ beta2: 0 })],
  ['optimizer.accumulate', 'begins anew', () => ({ keep: 0 })],
  ['optimizer.accumulate', 'never begins anew', () => ({ keep: 1 })],
  ['optimizer.accumulate', 'leaves out a vec4', (p) => ({ rows: p.rows - 1 })],
  ['optimizer.sgd', 'does not decay', () => ({ l2: 0 })],
  ['optimizer.sgd', 'forgets the velocity', () => ({ momentum: 0 })],
  ['optimizer.sgd.clipped', 'steps further', (p) => ({ lr: 1.001 * p.lr })],
  ['optimizer.squares', 'leaves out a vec4', (p) => ({ rows: p.rows - 1 })],
  ['optimizer.squares', 'writes over the sums before', () => ({ first: 0 })],
  ['optimizer.clipScale', 'leaves out a part', (p) => ({ count: p.count - 1 })],
  ['optimizer.clipScale', 'allows more', (p) => ({ limit: 1.001 * p.limit })],
];

/** What shows only in panels of different widths, beside what ../sabotagePanels.test.ts has. */
const PANELLED: readonly Sabotage[] = [
  ['normColumns.mergeMoments', 'writes the first panel', () => ({ column4: 0 })],
  ['normColumns.normalizeColumnsGrad', 'reads the first panel', () => ({ column4: 0 })],
  ['normRows.rowMoments', 'begins anew', () => ({ before: 0 })],
  ['normRows.rowSums', 'begins anew', () => ({ before: 0 })],
  ['normRows.rowSums', 'reads the first panel', () => ({ column4: 0 })],
  ['heads.mean', 'begins anew', () => ({ accumulate: 0 })],
  ['heads.spread', 'begins anew', () => ({ accumulate: 0 })],
  ['copy.rows', 'reads the start of a panel', () => ({ xOffset4: 0 })],
  ['copy.rows', 'writes the start of a panel', () => ({ outOffset4: 0 })],
  ['aggregate.rows.sum.weighted', 'reads the start of a panel', () => ({ xOffset4: 0 })],
  ['aggregate.rows.sum.weighted', 'writes the start of a panel', () => ({ outOffset4: 0 })],
];

describe.each([
  { title: 'whole matrices', sabotages: WHOLE, measure: whole },
  { title: 'panels', sabotages: PANELLED, measure: inPanels },
])('$title', ({ sabotages, measure }) => {
  test.each(sabotages)('%s %s', async (name, _, change) => {
    const wrong: CpuKernel = (operands, p) => cpuKernels[name](operands, { ...p, ...change(p) });
    expect(await refused(name, wrong, measure)).toBe(true);
  });
});
