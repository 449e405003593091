import { expect, test } from 'vitest';
import { readNpy } from '../formats/npy.ts';
import { metricRows } from '../task/nearestRows.ts';
import { principalComponents } from '../task/pca.ts';
import { projectorBytes } from './embeddingApi.ts';
import { newProjector } from './projectorApi.ts';

const [ROWS, COLS] = [90, 6];
const VALUES = Float32Array.from({ length: ROWS * COLS }, (_, i) => Math.sin(i * i));
const SOME = Uint32Array.from({ length: 40 }, (_, i) => 2 * i);
const OPTIONS = { neighbours: 10, metric: 'cosine', minDist: 0.1, seed: 0 } as const;
const ignore = () => {};

function projector() {
  const made = newProjector();
  made.open(VALUES, COLS);
  return made;
}

test('components are those of all rows, also where the picture shows a sample of them', () => {
  const all = principalComponents(VALUES, COLS);
  expect(projector().pca(null)).toEqual(all);
  const { positions, explained } = projector().pca(SOME);
  expect(explained).toEqual(all.explained);
  expect(Array.from(positions.subarray(0, 4))).toEqual([0, 1, 4, 5].map((i) => all.positions[i]));
});

test('a layout is the same each time, of a sample it has its nodes alone, and another question is answered meanwhile', async () => {
  const first = await projector().umap(null, OPTIONS, ignore);
  const again = projector();
  const coming = again.umap(null, OPTIONS, ignore);
  expect(again.nearest(3, 'euclidean', 2)).toHaveLength(2);
  expect(await coming).toEqual(first);
  expect(first).toHaveLength(2 * ROWS);
  expect(await projector().umap(SOME, OPTIONS, ignore)).toHaveLength(2 * SOME.length);
});

test('a layout is given up by asking for that, or for another', async () => {
  // Many rows, so that it comes to its first rest.
  const made = newProjector();
  made.open(
    Float32Array.from({ length: 3000 * COLS }, (_, i) => Math.sin(i * i)),
    COLS,
  );
  const shares: number[] = [];
  const given = made.umap(null, OPTIONS, (share) => {
    shares.push(share);
    made.cancel();
  });
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  expect(shares).toHaveLength(1);
  expect(shares[0]).toBeGreaterThan(0);
  const earlier = made.umap(null, OPTIONS, () => made.open(VALUES, COLS));
  await expect(earlier).rejects.toMatchObject({ name: 'AbortError' });
});

test('the rows come back as a .npy file', () => {
  const { shape, values } = readNpy(projector().npy(), 'embedding.npy');
  expect(shape).toEqual([ROWS, COLS]);
  expect(values).toEqual(VALUES);
});

test('what cannot be answered is said in a sentence', () => {
  expect(() => newProjector().pca(null)).toThrow('There is no embedding here yet: compute one.');
  const wide = newProjector();
  wide.open(new Float32Array(1200), 600);
  expect(() => wide.pca(null)).toThrow('This layer is 600 wide');
});

test('what the projector holds is what the page counts: its rows, and what finding the nearest makes of them', () => {
  const { values, squares } = metricRows(VALUES, COLS, 'cosine');
  expect(projectorBytes(ROWS, COLS)).toBe(VALUES.byteLength + values.byteLength + squares.byteLength);
});
