import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { nastyGraphData } from '../graph/testGraphs.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { graphStatistics } from './statistics.ts';

const graph = arrange(nastyGraphData(200, 3));
const quiet = () => {};
const { signal } = new AbortController();

test('of a graph that stays in its store edges are counted where that is asked for, to the same figures', async () => {
  const store = memoryStore();
  const { id } = await ingest(graph, store, { id: 'nasty', chunkBytes: 4096 });
  const stored = await openStored(store, id);
  const whole = await graphStatistics(graph);
  expect(whole.homophily).not.toBeNull();
  expect(await graphStatistics(stored)).toEqual({ ...whole, homophily: null });
  expect(await graphStatistics(stored, { store, progress: quiet, signal })).toEqual(whole);
});

test('counting is given up by its signal', async () => {
  const store = memoryStore();
  const { id } = await ingest(graph, store, { id: 'nasty' });
  const reading = { store, progress: quiet, signal: AbortSignal.abort() };
  await expect(graphStatistics(await openStored(store, id), reading)).rejects.toMatchObject({ name: 'AbortError' });
});
