import { describe, expect, test } from 'vitest';
import type { CsrMatrix } from '../formats/matrix.ts';
import { deriveKey, threefry } from '../graph/random.ts';
import { gradients } from '../tensor/autodiff.ts';
import { input } from '../tensor/graph.ts';
import { dropout } from '../tensor/ops/dropout.ts';
import { add, addBias } from '../tensor/ops/elementwise.ts';
import { matmul, type Orientation } from '../tensor/ops/matmul.ts';
import { densify, sparseDropout } from '../tensor/ops/sparse.ts';
import { spmax } from '../tensor/ops/spmax.ts';
import { spmm } from '../tensor/ops/spmm.ts';
import { sumRows } from '../tensor/ops/sumRows.ts';
import type { HostArray } from './executor.ts';
import { directedCsr, sparseInputs } from './testing/cases.ts';
import { expectEqual, KEY, oracle, sum, table } from './testing/formulas.ts';
import { type Data, dense, SCALARS } from './testing/opCase.ts';

/** The oracle against the formulas of products, elementwise ops and dropout. */

describe('dense', () => {
  test.each<[Orientation, number, number, number]>([
    ['nn', 5, 7, 3],
    ['nn', 301, 33, 9],
    ['nt', 6, 5, 10],
    ['nt', 301, 33, 9],
    ['tn', 5, 7, 3],
    ['tn', 1000, 7, 9],
  ])('matmul %s, %i × %i × %i', async (orientation, m, k, n) => {
    const [aShape, bShape] = {
      nn: [
        [m, k],
        [k, n],
      ],
      nt: [
        [m, k],
        [n, k],
      ],
      tn: [
        [m, k],
        [m, n],
      ],
    }[orientation];
    let [a, b]: HostArray[] = [];
    const [out] = await oracle((g) => {
      const data = [dense(g, 'a', aShape[0], aShape[1]), dense(g, 'b', bShape[0], bShape[1])];
      [a, b] = data.map(([, array]) => array);
      return { data, outputs: [matmul(g, data[0][0], data[1][0], orientation)] };
    });
    const formulas = {
      nn: () => table(m, n, (i, j) => sum(k, (l) => a[i * k + l] * b[l * n + j])),
      nt: () => table(m, n, (i, j) => sum(k, (l) => a[i * k + l] * b[j * k + l])),
      tn: () => table(k, n, (i, j) => sum(m, (l) => a[l * k + i] * b[l * n + j])),
    };
    expectEqual(out, formulas[orientation]());
  });

  test('a product of two products: the columns that pad them are not summed', async () => {
    const [m, k, n, inner] = [6, 9, 11, 5];
    let [a, b, c]: HostArray[] = [];
    const [out] = await oracle((g) => {
      const data = [dense(g, 'a', m, inner), dense(g, 'b', k, inner), dense(g, 'c', n, inner)];
      [a, b, c] = data.map(([, array]) => array);
      const [av, bv, cv] = data.map(([value]) => value);
      return { data, outputs: [matmul(g, matmul(g, av, bv, 'nt'), matmul(g, cv, bv, 'nt'), 'nt')] };
    });
    const times = (left: HostArray, i: number, l: number) => sum(inner, (t) => left[i * inner + t] * b[l * inner + t]);
    expectEqual(
      out,
      table(m, n, (i, j) => sum(k, (l) => times(a, i, l) * times(c, j, l))),
    );
  });

  test('bias, sum, column sums', async () => {
    const [rows, cols] = [500, 5];
    let [x, y, b]: HostArray[] = [];
    const outputs = await oracle((g) => {
      const data = [dense(g, 'x', rows, cols), dense(g, 'y', rows, cols), dense(g, 'b', 1, cols)];
      [x, y, b] = data.map(([, array]) => array);
      const [xv, yv, bv] = data.map(([value]) => value);
      const outputs = [addBias(g, xv, bv), add(g, xv, yv), sumRows(g, xv, 'sums')];
      return { data, outputs };
    });
    expectEqual(
      outputs[0],
      table(rows, cols, (i, j) => x[i * cols + j] + b[j]),
    );
    expectEqual(
      outputs[1],
      table(rows, cols, (i, j) => x[i * cols + j] + y[i * cols + j]),
    );
    expectEqual(
      outputs[2],
      table(1, cols, (_, j) => sum(rows, (i) => x[i * cols + j])),
    );
  });
});

/** rows × cols, duplicates added up. */
function full({ rows, cols, indptr, indices }: CsrMatrix, values: ArrayLike<number> | null): Float64Array {
  const out = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) out[row * cols + indices[e]] += values ? values[e] : 1;
  }
  return out;
}

/** 16 random bits of an element: which hash, which half of which word. */
function drawn(stream: number, row: number, column: number): number {
  const [key0, key1] = deriveKey(KEY, stream, 0);
  const hash = new Uint32Array(2);
  threefry(key0, key1, row, Math.floor(column / 4), hash);
  return (hash[(column % 4) >> 1] >>> (column % 2 ? 16 : 0)) & 0xffff;
}
const THRESHOLD = Math.round(SCALARS.dropout * 65_536);
const kept = (stream: number, row: number, column: number) =>
  drawn(stream, row, column) < THRESHOLD ? 0 : 1 / (1 - THRESHOLD / 65_536);

describe('sparse', () => {
  const nodes = 700;

  test.each([true, false])('aggregation and its gradient, weighted: %s', async (weighted) => {
    const csr = directedCsr(nodes, 1, weighted);
    const width = 5;
    let [x, upstream]: HostArray[] = [];
    const [out, gradient] = await oracle((g) => {
      const { matrix, data, sizes } = sparseInputs(g, csr);
      expect(sizes['graph.heavy']).toBeGreaterThan(0);
      const more = [dense(g, 'x', nodes, width), dense(g, 'upstream', nodes, width)];
      [x, upstream] = more.map(([, array]) => array);
      const aggregated = spmm(g, matrix, more[0][0]);
      const found = gradients(g, [more[0][0]], new Map([[aggregated, more[1][0]]]));
      return { data: [...data, ...more], outputs: [aggregated, ...found.values()], sizes };
    });
    const a = full(csr, csr.values);
    expectEqual(
      out,
      table(nodes, width, (i, j) => sum(nodes, (l) => a[i * nodes + l] * x[l * width + j])),
    );
    expectEqual(
      gradient,
      table(nodes, width, (i, j) => sum(nodes, (l) => a[l * nodes + i] * upstream[l * width + j])),
    );
  });

  /** Each entry by itself, so that duplicates count as often as they are there. */
  test.each([false, true])('maxima and their gradient, over ties: %s', async (tied) => {
    const csr = directedCsr(nodes, 1, false);
    const width = 5;
    let [x, upstream]: HostArray[] = [];
    const [out, gradient] = await oracle((g) => {
      const { matrix, data, sizes } = sparseInputs(g, csr);
      const more = [dense(g, 'x', nodes, width), dense(g, 'upstream', nodes, width)];
      [x, upstream] = more.map(([, array]) => array);
      if (tied) for (let i = 0; i < x.length; i++) x[i] = Math.round(2 * x[i]) - 3;
      const largest = spmax(g, matrix, more[0][0]);
      const found = gradients(g, [more[0][0]], new Map([[largest, more[1][0]]]));
      return { data: [...data, ...more], outputs: [largest, ...found.values()], sizes };
    });
    const expected = new Float64Array(nodes * width);
    const expectedGradient = new Float64Array(nodes * width);
    let most = 0;
    for (let row = 0; row < nodes; row++) {
      const neighbours = Array.from(csr.indices.subarray(csr.indptr[row], csr.indptr[row + 1]));
      if (neighbours.length === 0) continue;
      for (let c = 0; c < width; c++) {
        const values = neighbours.map((v) => x[v * width + c]);
        const largest = values.reduce((a, b) => Math.max(a, b));
        const winners = neighbours.filter((_, i) => values[i] === largest);
        expected[row * width + c] = largest;
        most = Math.max(most, winners.length);
        for (const v of winners) expectedGradient[v * width + c] += upstream[row * width + c] / winners.length;
      }
    }
    expect(most > 10).toBe(tied);
    // Empty rows are 0, above every number that ties.
    expect(expected).toContain(0);
    expectEqual(out, expected);
    expectEqual(gradient, expectedGradient);
  });

  test.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('dropout of entries, weighted: %s, local rows: %s', async (weighted, local) => {
    const csr = directedCsr(nodes, 2, weighted);
    const numbers = Uint32Array.from({ length: nodes }, (_, v) => (local ? 5 * v + 3 : v));
    const width = 3;
    let x: HostArray = new Float32Array();
    const [out] = await oracle((g) => {
      const { matrix, data, sizes } = sparseInputs(g, csr);
      const ids: Data = [input(g, 'ids', 'graph', 'u32', nodes, 1), numbers];
      const dx = dense(g, 'x', nodes, width);
      x = dx[1];
      const dropped = sparseDropout(g, matrix, local ? ids[0] : null);
      return { data: local ? [...data, ids, dx] : [...data, dx], outputs: [spmm(g, dropped, dx[0])], sizes };
    });
    const values = new Float64Array(csr.indices.length);
    for (let row = 0; row < nodes; row++) {
      for (let e = csr.indptr[row]; e < csr.indptr[row + 1]; e++) {
        values[e] = kept(0, numbers[row], e - csr.indptr[row]) * (csr.values ? csr.values[e] : 1);
      }
    }
    const a = full(csr, values);
    expectEqual(
      out,
      table(nodes, width, (i, j) => sum(nodes, (l) => a[i * nodes + l] * x[l * width + j])),
    );
  });
});

describe('dropout', () => {
  const [rows, cols] = [400, 33];

  test('scales what it keeps, by a mask that its gradient shares; each op has its own', async () => {
    let x: HostArray = new Float32Array();
    const [one, other, gradient] = await oracle((g) => {
      const dx = dense(g, 'x', rows, cols);
      x = dx[1];
      const first = dropout(g, dx[0], null);
      const second = dropout(g, dx[0], null);
      const found = gradients(g, [dx[0]], new Map([[first, dx[0]]]));
      return { data: [dx], outputs: [first, second, ...found.values()] };
    });
    expectEqual(
      one,
      table(rows, cols, (i, j) => kept(0, i, j) * x[i * cols + j]),
    );
    expectEqual(
      other,
      table(rows, cols, (i, j) => kept(1, i, j) * x[i * cols + j]),
    );
    expect(gradient).toEqual(one);
  });

  test.each([0, 0.1, 0.5, 0.9])('of %d: as many zeros as that, within five standard deviations', async (rate) => {
    const [out] = await oracle(
      (g) => {
        const dx = dense(g, 'x', rows, cols);
        return { data: [dx], outputs: [dropout(g, dx[0], null)] };
      },
      [{ dropout: rate }],
    );
    const zeros = out.filter((value) => value === 0).length / out.length;
    expect(Math.abs(zeros - rate)).toBeLessThanOrEqual(5 * Math.sqrt((rate * (1 - rate)) / out.length));
  });
});

test('a sparse matrix written out has its entries in their places, duplicates added up', async () => {
  const csr = directedCsr(60, 4, true);
  const [out] = await oracle((g) => {
    const { matrix, data, sizes } = sparseInputs(g, csr);
    return { data, sizes, outputs: [densify(g, matrix)] };
  });
  const expected = table(60, 60, () => 0);
  for (let row = 0; row < 60; row++) {
    for (let e = csr.indptr[row]; e < csr.indptr[row + 1]; e++) expected[row * 60 + csr.indices[e]] += csr.values![e];
  }
  expectEqual(out, expected);
});
