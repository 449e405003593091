import { describe, expect, test } from 'vitest';
import { newLedger } from '../device/ledger.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { localBatchSource, type OpenBatchSource } from './batchSource.ts';
import { batchesAhead } from './hostMemory.ts';
import { newRooms } from './rooms.ts';
import { train } from './session.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';

const backend = { kind: 'cpu' } as const;
const WORKERS = 2;

test('what is kept is on the ledger until it is taken or cleared', () => {
  const host = newLedger();
  const rooms = newRooms(host);
  const [small, large] = [new ArrayBuffer(8), new ArrayBuffer(100)];
  expect(rooms.take()).toBeNull();
  rooms.keep(small);
  rooms.keep(large);
  expect(host.held).toBe(108);
  const taken = rooms.take();
  expect([small, large]).toContain(taken);
  expect(host.held).toBe(108 - taken!.byteLength);
  rooms.clear();
  expect([host.held, rooms.take()]).toEqual([0, null]);
});

/** Batches that count as too large for the plan, whoever draws them. */
const isSplit = (seeds: Uint32Array) => seeds.length > 4 && seeds[0] % 2 === 0;

/**
 * As samplers in workers: asked ahead of time, and a room that is handed over is gone for whoever had it, so a batch that needed
 * it still would be empty. `seen` counts samples, and rooms that came back.
 */
function watched({ recycles = true, failAt = Number.POSITIVE_INFINITY }) {
  const seen = { samples: 0, back: 0 };
  const openBatchSource: OpenBatchSource = async (...about) => {
    const source = await localBatchSource(...about);
    const sample: typeof source.sample = async (routine, seeds, fanOut, key, dropKey, room) => {
      if (++seen.samples === failAt) throw new Error('the disk is gone');
      if (room) seen.back++;
      const moved = recycles && room ? structuredClone(room, { transfer: [room] }) : null;
      const answer = await source.sample(routine, seeds, fanOut, key, dropKey, moved);
      return isSplit(seeds) ? { ...answer, feed: null } : answer;
    };
    return { ...source, sample, ahead: batchesAhead(WORKERS) };
  };
  return { seen, openBatchSource };
}

describe.each([
  ['as they are', {}],
  ['normalised', { 'data.normalizeFeatures': true }],
] as const)('features %s', (_, changes) => {
  const sizes = { 'sampling.batchSize': 8, 'evaluation.batchSize': 8, 'sampling.workers': WORKERS };
  const config = configOf({ ...SAMPLED, ...sizes, ...changes });
  const job = async () => {
    const store = memoryStore();
    await ingest(testGraph(), store, { id: 'g', chunkBytes: 4096 });
    return { graph: await openStored(store, 'g'), store, config, backend, fit: false };
  };

  test('are gathered where earlier ones were, and nothing of a batch is overwritten', async () => {
    const { seen, openBatchSource } = watched({});
    const run = await train({ ...(await job()), openBatchSource });
    const fresh = await train({ ...(await job()), openBatchSource: watched({ recycles: false }).openBatchSource });
    expect(run.result.curveHash).toBe(fresh.result.curveHash);
    expect(seen.back).toBeGreaterThan(seen.samples / 3);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
  });

  test('a sample that fails in the middle of an epoch ends the run', async () => {
    const { openBatchSource } = watched({ failAt: 12 });
    await expect(train({ ...(await job()), openBatchSource })).rejects.toThrow('the disk is gone');
  });
});
