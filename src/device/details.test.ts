import { describe, expect, test } from 'vitest';
import { input, newGraph } from '../tensor/graph.ts';
import { matmul } from '../tensor/ops/matmul.ts';
import { DEFAULT_LIMITS, makePlan } from '../tensor/plan.ts';
import { symbol } from '../tensor/value.ts';
import { planDetails } from './details.ts';
import { gridOf } from './grid.ts';
import { allCases } from './testing/cases.ts';
import { buildCase, tightLimits } from './testing/opCase.ts';

describe('grids', () => {
  test.each([
    [0, 64, 65_535, [0, 0]],
    [1, 64, 65_535, [1, 1]],
    [64, 64, 65_535, [1, 1]],
    [65, 64, 65_535, [2, 1]],
    [65_535 * 64, 64, 65_535, [65_535, 1]],
    [65_535 * 64 + 1, 64, 65_535, [65_535, 2]],
    [65_535 * 256 * 3, 256, 65_535, [65_535, 3]],
  ] as const)('of %i threads in workgroups of %i', (threads, workgroup, most, grid) => {
    expect(gridOf(threads, workgroup, most)).toEqual(grid);
  });
});

describe('a plan in detail', () => {
  const square = (rows: number, workgroup: number) => {
    const g = newGraph();
    const a = input(g, 'a', 'activations', 'f32', symbol('nodes'), 30, 'padded');
    const b = input(g, 'b', 'parameters', 'f32', 30, 5, 'padded');
    matmul(g, a, b, 'nn', 'product');
    const program = { graph: g, capacity: { nodes: rows }, results: [], readable: [] };
    return planDetails(makePlan(program, DEFAULT_LIMITS), workgroup);
  };

  test('says what a dispatch binds, launches, moves and computes', () => {
    const { dispatches, code } = square(100, 64);
    expect(dispatches).toEqual([
      {
        routine: 'main',
        kernel: 'matmul.nn',
        reads: [
          { binding: 'a', value: 'a', bytes: 100 * 32 * 4 },
          { binding: 'b', value: 'b', bytes: 30 * 8 * 4 },
        ],
        writes: [{ binding: 'out', value: 'product', bytes: 100 * 8 * 4 }],
        // A tile of 4 × 4 each.
        threads: 25 * 2,
        grid: [1, 1],
        workgroup: 64,
        bytes: 100 * 32 * 4 + 30 * 8 * 4 + 100 * 8 * 4,
        moved: 100 * 32 * 4 + 30 * 8 * 4 + 100 * 8 * 4,
        flops: 2 * 100 * 30 * 5,
      },
    ]);
    expect(Object.keys(code)).toEqual(['matmul.nn']);
    expect(code['matmul.nn']).toMatch(/fn threadIndex.*@compute.*fn tile\(/s);
  });

  test('at the capacity, and with the workgroup that is chosen', () => {
    expect(square(1000, 64).dispatches[0]).toMatchObject({ threads: 500, grid: [8, 1], flops: 2 * 1000 * 30 * 5 });
    expect(square(1000, 256).dispatches[0]).toMatchObject({ threads: 500, grid: [2, 1], workgroup: 256 });
  });

  test('a matrix that is bound twice moves once', () => {
    const g = newGraph();
    const a = input(g, 'a', 'activations', 'f32', 12, 12, 'padded');
    matmul(g, a, a, 'nn', 'square');
    const plan = makePlan({ graph: g, capacity: {}, results: [], readable: [] }, DEFAULT_LIMITS);
    const [dispatch] = planDetails(plan, 64).dispatches;
    expect(dispatch.reads.map(({ bytes }) => bytes)).toEqual([576, 576]);
    expect(dispatch.bytes).toBe(2 * 576);
  });

  test.each(allCases().filter(({ name }) => /width 33|Adam|42 classes|33 × 257/.test(name)))(
    '$name: plain data, one view for each dispatch, in panels too',
    (c) => {
      const { plan } = buildCase(c, tightLimits(c));
      const details = planDetails(plan, 64);
      expect(structuredClone(details)).toEqual(details);
      expect(details.dispatches.map(({ kernel }) => kernel)).toEqual(plan.routines.main.map(({ kernel }) => kernel));
      for (const { kernel, reads, writes, bytes, flops, threads, grid } of details.dispatches) {
        const operands = [...reads, ...writes];
        expect(bytes).toBeLessThanOrEqual(operands.reduce((sum, operand) => sum + operand.bytes, 0));
        expect(bytes).toBeGreaterThanOrEqual(Math.max(...operands.map((operand) => operand.bytes)));
        expect(Number.isSafeInteger(flops)).toBe(true);
        expect(grid[0] * grid[1] * 64).toBeGreaterThanOrEqual(threads);
        expect(details.code[kernel]).toContain('@compute');
      }
    },
  );

  test('panels are named apart', () => {
    const c = allCases().find(({ name }) => name === 'matmul nn 301 × 257 × 16')!;
    const { plan } = buildCase(c, tightLimits(c));
    const names = planDetails(plan, 64).dispatches.flatMap(({ reads }) => reads.map(({ value }) => value));
    expect(names).toContain('a');
    expect(names).toContain('a (panel 2)');
  });
});
