import { expect, test } from 'vitest';
import { readNpy } from '../formats/npy.ts';
import { metricRows } from '../task/nearestRows.ts';
import { componentsBytes, principalComponents } from '../task/pca.ts';
import { countArrays } from '../task/testArrays.ts';
import { layoutBytes, projectorBytes } from './embeddingApi.ts';
import { newProjector } from './projectorApi.ts';

const [ROWS, COLS] = [90, 6];
const VALUES = Float32Array.from({ length: ROWS * COLS }, (_, i) => Math.sin(i * i));
const SOME = Uint32Array.from({ length: 40 }, (_, i) => 2 * i);
const OPTIONS = { neighbours: 10, metric: 'cosine', minDist: 0.1, seed: 0 } as const;
const ignore = () => {};
/** Of the random numbers: a key and a block, whatever is laid out. */
const RANDOM = 64;

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

test('what the projector holds is what the page counts: its rows, what finding the nearest makes of them, and the components', () =>
  countArrays((made) => {
    const values = Float32Array.from(VALUES);
    const before = made();
    metricRows(values, COLS, 'cosine');
    const ready = made() - before;
    principalComponents(values, COLS);
    const components = made() - before - ready;
    expect(projectorBytes(ROWS, COLS) - componentsBytes(ROWS, COLS)).toBe(values.byteLength + ready);
    expect(components).toBeLessThanOrEqual(componentsBytes(ROWS, COLS));
    // A direction may have to be turned, or not.
    expect(components).toBeGreaterThanOrEqual(componentsBytes(ROWS, COLS) - 2 * 8 * COLS);
  }));

test.each([
  ['all rows by the cosine', 'cosine', ROWS, 15],
  ['all rows by the Euclidean distance', 'euclidean', ROWS, 50],
  ['a sample of them', 'cosine', 40, 10],
  ['more neighbours than there are rows', 'euclidean', 40, 100],
  ['no neighbour at all', 'euclidean', 40, 1],
] as const)('a layout makes as many bytes as is said beforehand, at the most: %s', (_, metric, shown, neighbours) =>
  countArrays(async (made) => {
    const projector = newProjector();
    projector.open(Float32Array.from(VALUES), COLS);
    const nodes = shown < ROWS ? Uint32Array.from({ length: shown }, (_, i) => 2 * i) : null;
    const before = made();
    await projector.umap(nodes, { neighbours, metric, minDist: 0.1, seed: 0 }, ignore);
    const said = layoutBytes({ rows: ROWS, shown, cols: COLS, metric, neighbours });
    expect(made() - before).toBeLessThanOrEqual(said + RANDOM);
    // An edge that both of its ends know is one, and the weakest are left out.
    expect(made() - before).toBeGreaterThan(0.55 * said);
  }),
);
