import { describe, expect, test } from 'vitest';
import { sortedCsr } from '../graph/csr.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { padded } from '../tensor/value.ts';
import { attentionCase } from './testing/attentionCases.ts';
import { allCases, directedCsr, matmulCase, spmmCase, WIDTHS } from './testing/cases.ts';
import { buildCase, type OpCase, tightLimits } from './testing/opCase.ts';
import { bytesMoved } from './traffic.ts';

/** Bytes of every kernel against formulas. */

const NODES = 300;
const ENTRIES = 10 * NODES;

/** Ten entries in each row and each column: no row is heavy. */
function balanced(weighted: boolean) {
  const rows = Uint32Array.from({ length: ENTRIES }, (_, e) => Math.floor(e / 10));
  const columns = rows.map((row, e) => (row + 7 * (e % 10)) % NODES);
  return sortedCsr(rows, columns, weighted ? new Float32Array(ENTRIES).fill(2) : null, NODES, NODES);
}

/** Bytes of a case by kernel, over all its dispatches, in the order of the plan. */
function movedBy(c: OpCase, pattern: RegExp, limits = DEFAULT_LIMITS): number[] {
  const { plan, step } = buildCase(c, limits);
  const moved = bytesMoved(plan);
  return plan.routines.main.filter(({ kernel }) => pattern.test(kernel)).map((dispatch) => moved(dispatch, step));
}

const sum = (list: readonly number[]) => list.reduce((total, bytes) => total + bytes, 0);

describe.each(WIDTHS)('width %i', (width) => {
  const words = padded(width);

  test('an aggregation: a row for each entry, a row for each node, and the compressed rows', () => {
    for (const weighted of [true, false]) {
      const compressed = NODES + 1 + ENTRIES * (weighted ? 2 : 1);
      const expected = 4 * (ENTRIES * words + NODES * words + compressed);
      // Forward, and the gradient over the transpose.
      expect(movedBy(spmmCase(width, weighted, balanced(weighted)), /^aggregate\.rows/)).toEqual([expected, expected]);
    }
  });

  test('with a heavy row: its entries move once, its segments are written and read', () => {
    const csr = directedCsr(700, 1, false);
    const [{ plan, step }, entries] = [buildCase(spmmCase(width, false, csr)), csr.indices.length];
    const segments = step.sizes['graph.segments'];
    expect(segments).toBeGreaterThan(0);
    const moved = bytesMoved(plan);
    const forward = plan.routines.main.slice(0, 3);
    expect(forward.map(({ kernel }) => kernel)).toEqual([
      'aggregate.rows.sum.ones',
      'aggregate.segments.sum.ones',
      'aggregate.merge.sum',
    ]);
    const lists = csr.rows + 1 + entries + 4 * segments + 4 * step.sizes['graph.heavy'];
    const values = entries * words + csr.rows * words + 2 * segments * words;
    expect(sum(forward.map((dispatch) => moved(dispatch, step)))).toBe(4 * (lists + values));
  });
});

test('a product: each matrix once, at the sizes of the step', () => {
  const [bytes] = movedBy(matmulCase('nn', 301, 33, 16), /^matmul/);
  expect(bytes).toBe(4 * (301 * 36 + 33 * 16 + 301 * 16));
});

test('attention: GAT gathers a row and a score for each entry', () => {
  const [forward] = movedBy(attentionCase('gat', 8, 8, 'none', balanced(false)), /^attention\.gat\.rows/);
  // Gathered; lists; scores of targets, output and log-sum-exp of each node.
  expect(forward).toBe(4 * (ENTRIES * (64 + 8) + NODES + 1 + ENTRIES + NODES * (8 + 64 + 8)));
});

test('attention: GATv2 gathers a row for each entry', () => {
  const [forward] = movedBy(attentionCase('gatv2', 8, 8, 'none', balanced(false)), /^attention\.gatv2\.rows/);
  expect(forward).toBe(4 * (ENTRIES * 64 + NODES + 1 + ENTRIES + NODES * (64 + 64 + 8) + 64));
});

// The widest cases take seconds and show nothing more.
test.each(allCases().filter(({ name }) => !/of 256/.test(name)))(
  '$name: whole words, something where something is launched, whole and in panels',
  (c) => {
    for (const limits of [DEFAULT_LIMITS, tightLimits(c)]) {
      const { plan, steps } = buildCase(c, limits);
      const moved = bytesMoved(plan);
      for (const step of steps) {
        for (const dispatch of plan.routines.main) {
          const bytes = moved(dispatch, step);
          const { threads, words = {} } = dispatch.at(step);
          expect(bytes % 4, dispatch.kernel).toBe(0);
          expect(bytes > 0, dispatch.kernel).toBe(threads > 0);
          const bindings = [...Object.keys(dispatch.reads), ...Object.keys(dispatch.writes)];
          expect(bindings, dispatch.kernel).toEqual(expect.arrayContaining(Object.keys(words)));
        }
      }
    }
  },
);
