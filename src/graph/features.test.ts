import { describe, expect, test } from 'vitest';
import type { Matrix } from '../formats/matrix.ts';
import { arrange } from './arrange.ts';
import { canonicalSparse, identity, isIdentity, rowNormalize } from './features.ts';
import { fingerprint } from './fingerprint.ts';
import { nastyGraphData, withLabelSets } from './testGraphs.ts';

const dense: Matrix = { kind: 'dense', rows: 4, cols: 3, values: Float32Array.of(1, 0, 3, 0, 0, 0, -2, 2, 0, 0, 5, 0) };

test('rowNormalize makes rows sum to 1 in absolute value, leaves zero rows and its argument alone', () => {
  const expected = [0.25, 0, 0.75, 0, 0, 0, -0.5, 0.5, 0, 0, 1, 0];
  expect([...rowNormalize(dense).values!]).toEqual(expected);
  expect(dense.values[0]).toBe(1);
  expect([...rowNormalize(canonicalSparse(dense)).values!]).toEqual(expected.filter((x) => x !== 0));
  const binary: Matrix = { ...canonicalSparse(dense), values: null };
  expect([...rowNormalize(binary).values!]).toEqual([0.5, 0.5, 0.5, 0.5, 1]);
});

test('features of a graph that has none are told from one-hot features of its nodes in another order', () => {
  const none = identity(4);
  expect(isIdentity(none)).toBe(true);
  expect(isIdentity({ ...none, indices: Uint32Array.of(1, 0, 2, 3) })).toBe(false);
  expect(isIdentity({ ...none, values: Float32Array.of(1, 2, 1, 1) })).toBe(false);
  expect(isIdentity({ ...none, indptr: Uint32Array.of(0, 2, 2, 3, 4) })).toBe(false);
  expect(isIdentity({ ...none, cols: 5 })).toBe(false);
  expect(isIdentity(dense)).toBe(false);
});

describe('fingerprint', () => {
  const data = nastyGraphData(50, 9, true);
  const base = arrange(data);

  test('is the same for dense and sparse features, with and without stored zeros, and for any order of the edges', async () => {
    const expected = await fingerprint(base);
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    const sparse = canonicalSparse(base.features);
    expect(await fingerprint({ ...base, features: sparse })).toBe(expected);
    const full = Float32Array.from(base.features.values!);
    const indptr = Uint32Array.from({ length: 51 }, (_, row) => row * 7);
    const indices = Uint32Array.from(full, (_, i) => i % 7);
    expect(await fingerprint({ ...base, features: { ...sparse, indptr, indices, values: full } })).toBe(expected);
    const reversed = arrange({
      ...data,
      source: data.target.slice().reverse(),
      target: data.source.slice().reverse(),
      weight: data.weight!.slice().reverse(),
    });
    expect(await fingerprint(reversed)).toBe(expected);
    expect(await fingerprint({ ...base, name: 'other', nodeIds: null, positions: null, notes: [] })).toBe(expected);
  });

  test('is the same for a binary matrix with and without its ones', async () => {
    const sparse = canonicalSparse(base.features);
    const ones = { ...sparse, values: sparse.values.map(() => 1) };
    expect(await fingerprint({ ...base, features: ones })).toBe(
      await fingerprint({ ...base, features: { ...sparse, values: null } }),
    );
  });

  test('changes with an edge, a weight, a feature, a label, a further label, a width', async () => {
    const several = arrange(withLabelSets(data));
    const labels = base.labels.slice();
    labels[3] ^= 1;
    const values = base.adjacency.values!.slice();
    values[5] += 1;
    const features = { ...base.features, values: base.features.values!.slice() } as Matrix;
    features.values![11] += 1;
    const hashes = await Promise.all(
      [
        base,
        { ...base, labels },
        several,
        { ...several, labelSets: { ...several.labelSets!, indices: several.labelSets!.indices.slice().reverse() } },
        { ...base, adjacency: { ...base.adjacency, values } },
        { ...base, adjacency: { ...base.adjacency, values: null } },
        { ...base, features },
        { ...base, features: { ...canonicalSparse(base.features), cols: 8 } },
        arrange({ ...data, source: data.source.slice(1), target: data.target.slice(1), weight: data.weight!.slice(1) }),
      ].map(fingerprint),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
