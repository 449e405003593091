import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { ingest } from './ingest.ts';
import { memoryStore } from './memory.ts';
import { deleteFrom, LARGE_BYTES, listPlaced, placeFor, placeOf } from './places.ts';

const graph = arrange(nastyGraphData(60, 1));

test('a graph is kept by its size where there is a choice, else where there is a store', () => {
  const [opfs, indexeddb] = [memoryStore(), memoryStore()];
  const chosen = (places: Parameters<typeof placeFor>[0]) =>
    [LARGE_BYTES - 1, LARGE_BYTES].map((bytes) => placeFor(places, bytes));
  expect(chosen({ opfs, indexeddb })).toEqual(['indexeddb', 'opfs']);
  expect(chosen({ indexeddb })).toEqual(['indexeddb', 'indexeddb']);
  expect(chosen({ opfs })).toEqual(['opfs', 'opfs']);
  expect(chosen({})).toEqual([null, null]);
});

test('the graphs of all stores are found, listed once and deleted everywhere', async () => {
  const places = { opfs: memoryStore(), indexeddb: memoryStore() };
  await ingest(graph, places.indexeddb, { id: 'small' });
  await ingest(graph, places.opfs, { id: 'large' });
  for (const store of [places.opfs, places.indexeddb]) await ingest(graph, store, { id: 'both' });
  expect(await placeOf(places, 'small')).toBe('indexeddb');
  expect(await placeOf(places, 'large')).toBe('opfs');
  expect(await placeOf(places, 'smal')).toBe(null);
  const listed = (await listPlaced(places)).map(({ id, place }) => [id, place]);
  expect(listed.sort()).toEqual([
    ['both', 'opfs'],
    ['large', 'opfs'],
    ['small', 'indexeddb'],
  ]);
  await deleteFrom(places, 'both');
  expect((await listPlaced(places)).map(({ id }) => id).sort()).toEqual(['large', 'small']);
  for (const store of [places.opfs, places.indexeddb]) {
    expect((await store.keys('')).filter((key) => key.includes('both'))).toEqual([]);
  }
});
