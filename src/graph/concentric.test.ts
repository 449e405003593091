import { expect, test } from 'vitest';
import { concentric } from './concentric.ts';

const polar = (positions: Float32Array, v: number) => {
  const [x, y] = [positions[2 * v] - 0.5, positions[2 * v + 1] - 0.5];
  return { radius: Math.hypot(x, y), angle: (Math.atan2(y, x) + 2.5 * Math.PI) % (2 * Math.PI) };
};

test('a ring for each hop, and a sector for each node in proportion to what hangs on it', () => {
  // 0 has 1 and 2; 1 has 3, 4 and 5; 2 has none.
  const positions = concentric([0, 0, 0, 1, 1, 1], [0, 1, 1, 2, 2, 2]);
  const places = [0, 1, 2, 3, 4, 5].map((v) => polar(positions, v));
  expect(places.map(({ radius }) => Number(radius.toFixed(5)))).toEqual([0, 0.25, 0.25, 0.5, 0.5, 0.5]);
  // 1 has three quarters of the turn, and its three children a quarter each.
  const quarter = Math.PI / 2;
  const angles = [1.5, 3.5, 0.5, 1.5, 2.5].map((quarters) => quarters * quarter);
  places.slice(1).forEach(({ angle }, i) => {
    expect(angle).toBeCloseTo(angles[i], 4);
  });
});

test('a node alone is in the middle', () => {
  expect([...concentric([0], [0])]).toEqual([0.5, 0.5]);
});
