import { expect, test } from 'vitest';
import { gridRepulsion } from './gridRepulsion.ts';
import { seedKey, threefry, toUnit } from './random.ts';

/** d (t² + 8 t⁴), t = 1 / (1 + d²): written apart from layout.ts, from the formula in its comment. */
function allPairs(x: Float64Array, y: Float64Array): Float64Array {
  const force = new Float64Array(2 * x.length);
  for (let v = 0; v < x.length; v++) {
    for (let u = 0; u < x.length; u++) {
      const [dx, dy] = [x[v] - x[u], y[v] - y[u]];
      const t = 1 / (1 + dx * dx + dy * dy);
      force[2 * v] += dx * (t ** 2 + 8 * t ** 4);
      force[2 * v + 1] += dy * (t ** 2 + 8 * t ** 4);
    }
  }
  return force;
}

/** A dense disc beside a sparse square. */
function cloud(nodes: number, size: number): [Float64Array, Float64Array] {
  const [key0, key1] = seedKey(9);
  const word = new Uint32Array(2);
  const [x, y] = [new Float64Array(nodes), new Float64Array(nodes)];
  for (let v = 0; v < nodes; v++) {
    threefry(key0, key1, v, 0, word);
    const shrink = v % 3 === 0 ? 0.3 : 1;
    x[v] = toUnit(word[0]) * size * shrink;
    y[v] = toUnit(word[1]) * size * shrink;
  }
  return [x, y];
}

test.each([
  [2000, 60],
  [2000, 20],
  [300, 15],
])('%i nodes in a square of side %i: within five per cent of the sum over all pairs', (nodes, size) => {
  const [x, y] = cloud(nodes, size);
  const [fx, fy] = [new Float64Array(nodes), new Float64Array(nodes)];
  gridRepulsion(x, y, fx, fy);
  const exact = allPairs(x, y);
  let [error, total] = [0, 0];
  for (let v = 0; v < nodes; v++) {
    error += (fx[v] - exact[2 * v]) ** 2 + (fy[v] - exact[2 * v + 1]) ** 2;
    total += exact[2 * v] ** 2 + exact[2 * v + 1] ** 2;
  }
  expect(Math.sqrt(error / total)).toBeLessThan(0.05);
});

test('nodes on one point, or on a line, feel finite forces', () => {
  const [fx, fy] = [new Float64Array(3000), new Float64Array(3000)];
  gridRepulsion(new Float64Array(3000), new Float64Array(3000), fx, fy);
  expect([...fx, ...fy].every((force) => force === 0)).toBe(true);
  gridRepulsion(
    Float64Array.from({ length: 3000 }, (_, v) => v),
    new Float64Array(3000),
    fx,
    fy,
  );
  expect([...fx, ...fy].every(Number.isFinite)).toBe(true);
  expect(fx[0]).toBeLessThan(0);
  expect(fx[2999]).toBeGreaterThan(0);
});
