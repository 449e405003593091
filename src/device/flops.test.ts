import { describe, expect, test } from 'vitest';
import { heavySegments } from '../graph/segments.ts';
import { HEAVY, SEGMENT } from '../tensor/ops/spmm.ts';
import { DEFAULT_LIMITS, type Limits } from '../tensor/plan.ts';
import { attentionCase, rowDotsCase } from './testing/attentionCases.ts';
import { allCases, directedCsr, elementwiseCases, matmulCase, spmaxCase, spmmCase, WIDTHS } from './testing/cases.ts';
import { denseCases } from './testing/denseCases.ts';
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

/** What each column of a sum over 131 rows takes beside them: three chunks are added up, and scaled. */
const MERGED = 3 + 1;

const sized = (list: readonly OpCase[], pattern: RegExp) => list.find(({ name }) => pattern.test(name))!;

/** Kernels that only copy, count or compute with integers. */
const NONE = [
  'copy.columns',
  'copy.rows',
  'attention.pack.nodes',
  'attention.pack.vector',
  'metrics.clear',
  'metrics.count',
  'metrics.confuse',
  'sparse.dense.weighted',
  'sparse.dense.ones',
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
    // One of the three sums over m rows: its parts are added up, and scaled where that is a dispatch of its own.
    const parts = Math.ceil(m / 64) * k * n;
    const flops = flopsOf(c, limitsOf(c)).of(/^matmul|mergeSum/) - 3 * 2 * m * k * n;
    expect(flops).toBeGreaterThanOrEqual(parts);
    expect(flops).toBeLessThanOrEqual(parts + k * n);
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

  test.each(WIDTHS)('maxima over edges, width %i', (width) => {
    const csr = directedCsr(700, 1, false);
    const c = spmaxCase(width, false, csr);
    const { of } = flopsOf(c, limitsOf(c));
    const each = csr.indices.length * width;
    expect(of(/^aggregate\.(rows|segments)\.max/)).toBe(each);
    // Compare and add, counting the ties and gathering over the transpose.
    expect(of(/^ties/)).toBe(2 * 2 * each);
    expect(of(/shares$/) - of(/^ties.*shares$/)).toBe(2 * 700 * width);
  });

  test.each(WIDTHS)('elementwise kernels, width %i', (width) => {
    const list = elementwiseCases(width);
    const flops = (name: RegExp, kernel: RegExp) => {
      const c = sized(list, name);
      return flopsOf(c, limitsOf(c)).of(kernel);
    };
    const elements = 131 * width;
    expect(flops(/^addBias/, /addBias/)).toBe(elements);
    expect(flops(/^add width/, /add$/)).toBe(elements);
    // Once forward, once for the gradient.
    expect(flops(/^dropout/, /dropout/)).toBe(2 * elements);
    // 24 chunks of 64 rows, which are added up and scaled.
    expect(flops(/^sumRows/, /columnSum|mergeSum/)).toBe((1500 + 24 + 1) * width);
  });

  test.each(WIDTHS)('activation functions, width %i', (width) => {
    const elements = 131 * width;
    const counted = (name: string) => {
      const c = sized(denseCases(width), new RegExp(`^${name}`));
      const { of } = flopsOf(c, limitsOf(c));
      return [of(new RegExp(`${name}$`)), of(new RegExp(`${name}Grad`))].map((flops) => flops / elements);
    };
    expect(Object.fromEntries(['relu', 'elu', 'leakyRelu', 'gelu', 'prelu'].map((k) => [k, counted(k)]))).toEqual({
      relu: [1, 1],
      elu: [3, 3],
      leakyRelu: [2, 2],
      gelu: [5, 11],
      prelu: [2, 2],
    });
    const c = sized(denseCases(width), /^prelu/);
    // Compare, multiply and add for each element; the sums of the columns are added up.
    expect(flopsOf(c, limitsOf(c)).of(/^dot|mergeSum/)).toBe(3 * elements + MERGED * width);
    expect(flopsOf(c, limitsOf(c)).of(/total/)).toBe(width - 1);
  });

  test.each(WIDTHS)('linear combinations, width %i', (width) => {
    const elements = 131 * width;
    const of = (name: string) => {
      const c = sized(denseCases(width), new RegExp(`^${name} width`));
      return flopsOf(c, limitsOf(c)).of;
    };
    expect(of('combine')(/combine/)).toBe(3 * elements);
    expect(of('combine')(/scale$/)).toBe(2 * elements);
    expect(of('scale')(/scale$/)).toBe(2 * elements);
    expect(of('scaledSum')(/scaledSum/)).toBe(2 * elements);
    expect(of('scaledSum')(/scaleByParameter/)).toBe(elements);
    expect(of('scaledSum')(/^dot|mergeSum/)).toBe(2 * elements + MERGED * width);
  });

  test.each(WIDTHS)('maxima and heads, width %i', (width) => {
    const elements = 131 * width;
    const of = (name: string) => {
      const c = sized(denseCases(width), new RegExp(`^${name} width`));
      return flopsOf(c, limitsOf(c)).of;
    };
    // Three parts, two at a time; both operands of each have a gradient.
    expect(of('maxOf')(/maximum/)).toBe(2 * elements);
    expect(of('maxOf')(/where/)).toBe(4 * elements);
    expect(of('meanHeads')(/mean/)).toBe(3 * elements);
    expect(of('meanHeads')(/spread/)).toBe(3 * elements);
  });

  test.each(WIDTHS.slice(1))('norms, width %i', (width) => {
    const elements = 131 * width;
    const panelsAnd = (name: string) => {
      const c = sized(denseCases(width), new RegExp(`^${name}$`));
      const limits = limitsOf(c);
      const panels = buildCase(c, limits).plan.placements.filter(({ piece }) => piece.value.name === 'x').length;
      return { panels, ...flopsOf(c, limits) };
    };
    const batch = panelsAnd(`batchNorm width ${width}, training`);
    expect(batch.of(/chunkMoments/)).toBe(7 * elements);
    // Three chunks of rows: the first one is merged with nothing.
    expect(batch.of(/mergeMoments/)).toBe(width * (8 * 2 + 2));
    expect(batch.of(/updateRunning/)).toBe(7 * width);
    expect(batch.of(/normalizeColumns$/)).toBe(7 * elements);
    expect(batch.of(/normalizeColumnsGrad/)).toBe(11 * elements);
    expect(batch.of(/dot\.normColumns|columnSum|mergeSum/)).toBe((7 + 1) * elements + 2 * MERGED * width);
    const layer = panelsAnd(`layerNorm width ${width}`);
    expect(layer.of(/rowMoments/)).toBe(5 * elements + 131 * (2 * layer.panels + 10 * (layer.panels - 1)));
    expect(layer.of(/rowSums/)).toBe(5 * elements + 131 * (5 * layer.panels + 2 * (layer.panels - 1)));
    expect(layer.of(/normalizeRows$/)).toBe(8 * elements);
    expect(layer.of(/normalizeRowsGrad/)).toBe(12 * elements);
    expect(layer.of(/dot\.normRows|columnSum|mergeSum/)).toBe((8 + 1) * elements + 2 * MERGED * width);
  });

  test.each([
    [8, 8],
    [2, 33],
  ])('attention of %i heads of %i channels, and the products that scores are made of', (heads, channels) => {
    const csr = directedCsr(700, 1, false);
    const each = csr.indices.length * heads;
    const flops = (c: OpCase) => flopsOf(c, limitsOf(c));
    const gat = flops(attentionCase('gat', heads, channels, 'none', csr));
    // A score of 3, 5 for the softmax, a multiply-add per channel; a division, a logarithm, an addition and a product per row.
    expect(gat.of(/gat\.(rows|segments)/)).toBe(each * (3 + 5 + 2 * channels) + 700 * heads * (channels + 3));
    expect(gat.of(/grad\.(targets|sources)/)).toBe(2 * each * (11 + 2 * channels));
    expect(gat.of(/grad\.features/)).toBe(each * (6 + 2 * channels));
    expect(gat.of(/statistics/)).toBe(700 * heads * 2 * channels);
    const gatv2 = flops(attentionCase('gatv2', heads, channels, 'none', csr));
    const scores = 5 * channels;
    expect(gatv2.of(/gatv2\.(rows|segments)/)).toBe(each * (scores + 5 + 2 * channels) + 700 * heads * (channels + 3));
    expect(gatv2.of(/grad\.(targets|sources)/)).toBe(2 * (each * (15 * channels + 6) + 700 * heads * channels));
    // Forward, and back to the rows and to the vector, whose five chunks of rows are added up.
    expect(flops(rowDotsCase(heads, channels)).of(/rowDots|mergeSum/)).toBe(
      (301 * (2 + 1 + 2) + 5 + 1) * heads * channels,
    );
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
    // Of four chunks.
    expect(of(/columnSum/)).toBe((203 + 4 + 1) * 4);
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
