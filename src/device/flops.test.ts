import { describe, expect, test } from 'vitest';
import { heavySegments } from '../graph/segments.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, type Limits } from '../tensor/plan.ts';
import { allCases, directedCsr, elementwiseCases, matmulCase, spmmCase, WIDTHS } from './testing/cases.ts';
import { learningCases } from './testing/learningCases.ts';
import { buildCase, type OpCase, SCALARS, tightLimits } from './testing/opCase.ts';

/** Floating-point operations of every kernel against formulas, whole and cut into panels. */

/** Operations of a case (with its gradients) by kernel. */
function flopsOf(c: OpCase, limits: Limits): { of(pattern: RegExp): number; kernels: ReadonlyMap<string, number> } {
  const { plan, step } = buildCase(c, limits);
  const kernels = new Map<string, number>();
  for (const dispatch of plan.routines.main) {
    const { flops } = dispatch.at(step);
    kernels.set(dispatch.kernel, (kernels.get(dispatch.kernel) ?? 0) + flops);
  }
  const of = (pattern: RegExp) =>
    [...kernels].filter(([name]) => pattern.test(name)).reduce((sum, [, flops]) => sum + flops, 0);
  return { of, kernels };
}

const sized = (list: readonly OpCase[], pattern: RegExp) => list.find(({ name }) => pattern.test(name))!;

/** Kernels that only copy, count or compute with integers. */
const NONE = [
  'metrics.clear',
  'metrics.count',
  'metrics.confuse',
  'sparse.permute',
  'sparse.dropout.ones.global',
  'sparse.dropout.ones.local',
];

test('every kernel says a whole number, and none but those that compute nothing say 0', () => {
  const most = new Map<string, number>();
  for (const c of allCases()) {
    const { plan, steps } = buildCase(c);
    for (const step of steps) {
      for (const dispatch of plan.routines.main) {
        const { flops, threads } = dispatch.at(step);
        expect(Number.isSafeInteger(flops) && flops >= 0, dispatch.kernel).toBe(true);
        if (threads > 0) most.set(dispatch.kernel, Math.max(flops, most.get(dispatch.kernel) ?? 0));
      }
    }
  }
  expect([...most].flatMap(([kernel, flops]) => (flops === 0 ? [kernel] : [])).sort()).toEqual([...NONE].sort());
});

describe.each([
  ['whole', () => DEFAULT_LIMITS],
  ['in panels', tightLimits],
] as const)('%s', (_, limitsOf) => {
  test.each([
    ['nn', 301, 33, 16],
    ['nt', 64, 33, 257],
    ['tn', 301, 257, 16],
  ] as const)('a matrix product %s of %i × %i × %i and its two gradients', (orientation, m, k, n) => {
    const c = matmulCase(orientation, m, k, n);
    expect(flopsOf(c, limitsOf(c)).of(/^matmul/)).toBe(3 * 2 * m * k * n);
  });

  test.each(WIDTHS)('aggregation over weighted and unit edges, width %i', (width) => {
    for (const weighted of [true, false]) {
      const csr = directedCsr(700, 1, weighted);
      const c = spmmCase(width, weighted, csr);
      const { of } = flopsOf(c, limitsOf(c));
      // Forward, and the gradient over the transpose.
      expect(of(/^aggregate\.(rows|segments)/)).toBe(2 * csr.indices.length * width * (weighted ? 2 : 1));
    }
  });

  test.each(WIDTHS)('elementwise kernels, width %i', (width) => {
    const list = elementwiseCases(width);
    const flops = (name: RegExp, kernel: RegExp) => {
      const c = sized(list, name);
      return flopsOf(c, limitsOf(c)).of(kernel);
    };
    const elements = 131 * width;
    expect(flops(/^addBias/, /addBias/)).toBe(elements);
    expect(flops(/^relu/, /relu$/)).toBe(elements);
    expect(flops(/^relu/, /reluGrad/)).toBe(elements);
    expect(flops(/^add width/, /add$/)).toBe(elements);
    // Once forward, once for the gradient.
    expect(flops(/^dropout/, /dropout/)).toBe(2 * elements);
    expect(flops(/^sumRows/, /columnSum/)).toBe(1500 * width);
  });

  test.each([1, 7, 257])('loss and counts of %i classes', (classes) => {
    const c = sized(learningCases(), new RegExp(`, ${classes} classes, smooth`));
    const limits = limitsOf(c);
    const { of } = flopsOf(c, limits);
    const panels = new Set(
      buildCase(c, limits)
        .plan.placements.filter(({ piece }) => piece.value.name === 'logits')
        .map(({ piece }) => piece.panel),
    ).size;
    // Compared with each other: one less than there are, also over panels.
    expect(of(/argMax/)).toBe(203 * (classes - 1));
    expect(of(/crossEntropyGrad/)).toBe(203 * classes * 4);
    expect(of(/crossEntropy$/)).toBe(203 * panels);
    // max, subtract, exp, add for each class, but no max for the first of a panel; a logarithm and a sum; merging two.
    expect(of(/logSumExp/)).toBe(203 * (4 * classes - panels + 2 * panels + 6 * (panels - 1)));
    expect(of(/columnSum/)).toBe(203 * 4);
  });

  test.each([1, 7, 257])('binary loss and counts of %i classes', (classes) => {
    const c = sized(learningCases(), new RegExp(`binary.*, ${classes} classes, smooth`));
    const { of } = flopsOf(c, limitsOf(c));
    expect(of(/binaryCrossEntropyGrad/)).toBe(203 * classes * 6);
    // Seven for each class, and one less than there are to add them up.
    expect(of(/binaryCrossEntropy$/)).toBe(203 * (8 * classes - 1));
    expect(of(/countLabels/)).toBe(203 * classes);
  });

  test('class weights are one product for each node, and one for each row of a gradient', () => {
    const c = sized(learningCases(), /, 7 classes, smooth, weighted/);
    const limits = limitsOf(c);
    const { of, kernels } = flopsOf(c, limits);
    const panels = buildCase(c, limits).plan.placements.filter(({ piece }) => piece.value.name === 'logits').length;
    expect(of(/crossEntropyGrad/)).toBe(203 * (7 * 4 + panels));
    expect(kernels.get('loss.crossEntropy.weighted')).toBe(203 * 2 * panels);
  });

  test.each([
    [/^AdamW$/, 17, 0],
    [/^AdamW, clipped/, 18, 1],
    [/^SGD$/, 6, 0],
    [/^SGD, clipped/, 7, 1],
  ])('%s', (name, perElement, clipped) => {
    const c = sized(learningCases(), name);
    const { of, kernels } = flopsOf(c, limitsOf(c));
    const elements = (37 + 1) * 33 + 3 * 2;
    expect(of(/\.(adam|sgd)(\.clipped)?$/)).toBe(elements * perElement);
    expect(of(/squares/)).toBe(clipped * 2 * elements);
    // The first part replaces what is there.
    expect(kernels.get('optimizer.accumulate')).toBe(0);
    const { plan, step } = buildCase(c, limitsOf(c));
    const later = { ...step, scalars: { ...SCALARS, firstPart: 0 } };
    const parts = plan.routines.main.filter(({ kernel }) => kernel === 'optimizer.accumulate');
    expect(parts.reduce((sum, part) => sum + part.at(later).flops, 0)).toBe(37 * 33);
  });
});

test('entries of heavy rows are counted where they are summed, to within half a segment of each row', () => {
  const csr = directedCsr(700, 1, true);
  const { segments, heavy } = heavySegments(csr.indptr, csr.rows, HEAVY, SEGMENT);
  let entries = 0;
  for (let s = 0; s < segments.length; s += 4) entries += segments[s + 2] - segments[s + 1];
  expect(entries).toBeGreaterThan(HEAVY);
  const { plan, step } = buildCase(spmmCase(16, true, csr));
  const [counted, merged] = [/segments/, /aggregate\.merge/].map(
    (pattern) => plan.routines.main.find(({ kernel }) => pattern.test(kernel))!.at(step).flops,
  );
  expect(Math.abs(counted - 2 * 16 * entries)).toBeLessThanOrEqual(2 * 16 * (SEGMENT / 2) * (heavy.length / 4));
  expect(merged).toBe((segments.length / 4) * 16);
});
