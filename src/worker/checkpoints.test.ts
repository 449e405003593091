import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { CPU } from '../device/cpu/bytes.ts';
import { crc32 } from '../formats/crc32.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { memoryStore } from '../store/memory.ts';
import type { CheckpointFile } from '../train/checkpointFile.ts';
import { discard, listInterrupted, openSlot } from './checkpoints.ts';
import { CHECKPOINTS } from './interrupted.ts';

/** Slots of interrupted runs: one whole checkpoint each, whenever the tab is closed. */

const figures = { trainLoss: 1, valLoss: 1, trainAcc: 0, valAcc: 0, testAcc: 0, valMetric: 0, testMetric: 0 };
const times = { ms: 1, sampleMs: 0, readMs: 0, uploadMs: 0, evalMs: 1 };
const origin = { datasetId: 'ring', catalogueId: null };

/** After so many epochs; with the default, of two pieces. */
function fileOf(epochs: number, floats = 1_100_000): CheckpointFile {
  const test = { accuracy: 0.5, microF1: 0.5, macroF1: 0.5, weightedF1: 0.5 };
  return {
    engine: ENGINE_VERSION,
    config: DEFAULTS,
    dataset: { name: 'a ring', nodes: 3, edges: 3, features: 1, classes: 2, fingerprint: 'f' },
    source: 'ring',
    point: {
      epochs: Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1, ...figures, ...times })),
      best: { epoch: 1, figure: 1, test, confusion: null },
      steps: epochs,
      values: new Map([['weights', new Float32Array(floats).fill(epochs)]]),
      events: [{ step: 1, key: 'training.epochs', value: 300 }],
      planned: DEFAULTS,
      refusals: 0,
      device: CPU,
      resumed: [],
    },
  };
}

/** With a checksum of its floats: to compare a million of them one by one takes seconds. */
const plain = (file: CheckpointFile | null) =>
  file && {
    ...file,
    point: {
      ...file.point,
      values: [...file.point.values].map(([name, data]) => [
        name,
        data.length,
        crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
      ]),
    },
  };

test('the newest checkpoint of a run is there alone, in pieces, until the run is over', async () => {
  const store = memoryStore();
  const slot = await openSlot(store, null);
  expect(slot.file).toBeNull();
  await slot.write(fileOf(3), origin);
  await slot.write(fileOf(7), origin);
  await slot.close(false);
  expect(await store.keys(CHECKPOINTS)).toHaveLength(3);
  const [found, ...others] = await listInterrupted(store);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ ...origin, name: 'a ring', epoch: 7, epochs: 300, config: DEFAULTS, problem: null });

  const again = await openSlot(store, found.slot);
  expect(plain(again.file)).toEqual(plain(fileOf(7)));
  await again.write(fileOf(9), origin);
  expect(await store.keys(CHECKPOINTS)).toHaveLength(3);
  await again.close(true);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
  await expect(openSlot(store, found.slot)).rejects.toThrow('resumed or discarded in another tab');
});

test('a tab that is closed while it writes leaves the checkpoint before, or nothing', async () => {
  const store = memoryStore();
  const closing = (puts: number) => {
    let left = puts;
    return {
      ...store,
      put: async (...args: Parameters<typeof store.put>) =>
        left-- > 0 ? store.put(...args) : Promise.reject(new Error('closed')),
    };
  };
  // Three writes are a checkpoint: two pieces and the head.
  const first = await openSlot(closing(2), null);
  await expect(first.write(fileOf(3), origin)).rejects.toThrow('closed');
  await first.close(false);
  expect(await listInterrupted(store)).toEqual([]);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);

  const second = await openSlot(closing(5), null);
  await second.write(fileOf(3), origin);
  await expect(second.write(fileOf(5), origin)).rejects.toThrow('closed');
  await second.close(false);
  const [found] = await listInterrupted(store);
  const again = await openSlot(store, found.slot);
  expect(plain(again.file)).toEqual(plain(fileOf(3)));
  // What was half written is overwritten.
  await again.write(fileOf(6, 10), origin);
  await again.close(false);
  expect(plain((await openSlot(store, found.slot)).file)).toEqual(plain(fileOf(6, 10)));
});

test('what another version kept is shown, not used; what is damaged is refused; both can be discarded', async () => {
  const store = memoryStore();
  const slot = await openSlot(store, null);
  await slot.write({ ...fileOf(3, 10), engine: '0.0.1' }, origin);
  await slot.close(false);
  const [found] = await listInterrupted(store);
  expect(found.problem).toMatch(/^Edgewise 0\.0\.1 kept it/);
  const piece = (await store.keys(CHECKPOINTS)).find((key) => !key.endsWith('head'))!;
  await store.delete(piece);
  await expect(openSlot(store, found.slot)).rejects.toThrow('A piece of this run is missing');
  await discard(store, found.slot);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
});
