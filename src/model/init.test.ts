import { describe, expect, test } from 'vitest';
import { deriveKey, seedKey } from '../graph/random.ts';
import { newGraph, state } from '../tensor/graph.ts';
import { initialValues } from './init.ts';
import type { Parameter } from './model.ts';
import { models } from './models.ts';

function parameter(rows: number, cols: number, initial: Parameter['initial'] = 'glorot'): Parameter {
  return { value: state(newGraph(), 'weight', 'parameters', rows, cols), initial, layer: 0, role: 'other' };
}

describe('Glorot', () => {
  test.each([
    [1433, 16],
    [16, 7],
    [3, 1000],
    [1, 1],
  ])('%i × %i: uniform in ±√(6 / (fan in + fan out))', (rows, cols) => {
    const bound = Math.sqrt(6 / (rows + cols));
    for (let seed = 0; seed < 5; seed++) {
      const values = initialValues(parameter(rows, cols), 0, seedKey(seed));
      expect(values).toHaveLength(rows * cols);
      expect(values.reduce((most, x) => Math.max(most, Math.abs(x)), 0)).toBeLessThanOrEqual(Math.fround(bound));
    }
  });

  test('fills its range evenly: mean, variance and a chi-square over 64 bins', () => {
    const [rows, cols] = [500, 300];
    const count = rows * cols;
    const bound = Math.sqrt(6 / (rows + cols));
    const values = initialValues(parameter(rows, cols), 2, seedKey(11));
    const mean = values.reduce((sum, x) => sum + x, 0) / count;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
    // Five standard errors: of the mean σ/√n with σ² = bound²/3, of the variance σ²·√(0.8/n).
    expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * count));
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / count));
    const bins = new Array<number>(64).fill(0);
    for (const value of values) bins[Math.min(63, Math.floor((32 * (value + bound)) / bound))]++;
    const expected = count / 64;
    const chiSquare = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: mean 63, standard deviation √126 = 11.2; too even would be as wrong.
    expect(chiSquare).toBeGreaterThan(63 - 3.5 * 11.2);
    expect(chiSquare).toBeLessThan(63 + 5 * 11.2);
  });

  test('neighbouring elements do not go together', () => {
    const values = initialValues(parameter(400, 250), 0, seedKey(3));
    for (const lag of [1, 2, 250]) {
      let [product, square] = [0, 0];
      for (let i = lag; i < values.length; i++) {
        product += values[i] * values[i - lag];
        square += values[i] ** 2;
      }
      expect(Math.abs(product / square)).toBeLessThan(5 / Math.sqrt(values.length));
    }
  });
});

test('a parameter depends on key and place alone: not on what was drawn before, its name or its model', () => {
  const key = deriveKey(seedKey(4), 1, 2);
  const first = initialValues(parameter(9, 5), 3, key);
  for (let index = 0; index < 3; index++) initialValues(parameter(9, 5), index, key);
  expect(initialValues(parameter(9, 5), 3, key)).toEqual(first);
  const named = { ...parameter(9, 5), layer: 7 };
  expect(initialValues(named, 3, key)).toEqual(first);
});

test('parameters of one run and runs of other seeds differ in nearly every element', () => {
  const all = [
    initialValues(parameter(20, 20), 0, seedKey(0)),
    initialValues(parameter(20, 20), 2, seedKey(0)),
    initialValues(parameter(20, 20), 0, seedKey(1)),
    initialValues(parameter(20, 20), 0, seedKey(2 ** 32)),
  ];
  for (let a = 0; a < all.length; a++) {
    for (let b = 0; b < a; b++) {
      const equal = all[a].filter((value, i) => value === all[b][i]).length;
      expect(equal).toBeLessThan(4);
    }
  }
});

test('biases start at zero', () => {
  expect(initialValues(parameter(1, 6, 'zeros'), 1, seedKey(0))).toEqual(new Float32Array(6));
});

describe.each([
  ['gcn', 'convs'],
  ['mlp', 'lins'],
] as const)('%s', (kind, prefix) => {
  test.each([1, 2, 4])('%i layers have a weight and a bias each, named as in PyTorch Geometric', (layers) => {
    const shape = { features: 11, hidden: 5, classes: 3, layers };
    const parameters = models[kind].parameters(newGraph(), shape);
    const widths = [11, ...new Array<number>(layers - 1).fill(5), 3];
    const expected = Array.from({ length: layers }, (_, l) => [
      { name: `${prefix}.${l}.weight`, rows: widths[l], cols: widths[l + 1], initial: 'glorot', layer: l },
      { name: `${prefix}.${l}.bias`, rows: 1, cols: widths[l + 1], initial: 'zeros', layer: l },
    ]).flat();
    expect(
      parameters.map(({ value: { name, rows, cols }, initial, layer }) => ({ name, rows, cols, initial, layer })),
    ).toEqual(expected);
  });
});
