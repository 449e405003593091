import { expect, test } from 'vitest';
import { DEFAULTS } from '../config/schema.ts';
import { CPU } from '../device/cpu/bytes.ts';
import { newLedger } from '../device/ledger.ts';
import { crc32 } from '../formats/crc32.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { memoryStore } from '../store/memory.ts';
import { type CheckpointFile, encodeCheckpoint } from '../train/checkpointFile.ts';
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

const ledgers = () => ({ host: newLedger(), disk: newLedger() });

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
  const slot = await openSlot(store, 'run', false);
  expect(await slot.read()).toBeNull();
  await slot.write(fileOf(3), origin, ledgers());
  await slot.write(fileOf(7), origin, ledgers());
  await slot.close(false);
  expect(await store.keys(CHECKPOINTS)).toHaveLength(3);
  const [found, ...others] = await listInterrupted(store);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ ...origin, name: 'a ring', epoch: 7, epochs: 300, config: DEFAULTS, problem: null });
  expect(found.now).toEqual({ ...DEFAULTS, 'training.epochs': 300 });
  expect(found.bytes).toBe(encodeCheckpoint(fileOf(7)).length);

  const again = await openSlot(store, found.slot, true);
  expect(plain(await again.read())).toEqual(plain(fileOf(7)));
  await again.write(fileOf(9), origin, ledgers());
  expect(await store.keys(CHECKPOINTS)).toHaveLength(3);
  await again.close(true);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
  await expect(openSlot(store, found.slot, true)).rejects.toThrow('resumed or discarded in another tab');
});

test('the ledgers hold what lies in the store, two of them while one takes the place of the other, and the file while it is written', async () => {
  const inner = memoryStore();
  const { host, disk } = ledgers();
  const inStore = async () => {
    const keys = await inner.keys(CHECKPOINTS);
    const values = await Promise.all(keys.map((key) => inner.get(key)));
    return values.reduce((sum, value) => sum + value!.length, 0);
  };
  let most = 0;
  let fileBytes = 0;
  const store = {
    ...inner,
    put: async (...args: Parameters<typeof inner.put>) => {
      await inner.put(...args);
      most = Math.max(most, await inStore());
      fileBytes = host.held;
    },
  };
  const slot = await openSlot(store, 'run', false);
  await slot.write(fileOf(3), origin, { host, disk });
  const first = await inStore();
  expect(disk.held).toBe(first);
  expect(disk.held - encodeCheckpoint(fileOf(3)).length).toBeLessThan(4096);
  await slot.write(fileOf(7), origin, { host, disk });
  const second = await inStore();
  expect(disk.held).toBe(second);
  expect(slot.bytes).toBe(second);
  expect(disk.peak).toBe(first + second);
  // The head is written over: for a moment the ledger has two.
  expect(most).toBeLessThanOrEqual(disk.peak);
  expect(most).toBeGreaterThan(first + second - 8192);
  expect(fileBytes).toBe(encodeCheckpoint(fileOf(7)).length);
  expect(host.held).toBe(0);
  await slot.close(false);
  const again = await openSlot(store, 'run', true);
  await again.read();
  expect(again.bytes).toBe(second);
  await again.close(true);
});

test('two tabs that look at once both see a run that nobody goes on with; what a tab has is not seen', async () => {
  const store = memoryStore();
  const slot = await openSlot(store, 'run', false);
  await slot.write(fileOf(3, 10), origin, ledgers());
  await slot.close(false);
  const both = await Promise.all([listInterrupted(store), listInterrupted(store)]);
  expect(both.map((runs) => runs.map((run) => run.slot))).toEqual([['run'], ['run']]);
  const again = await openSlot(store, 'run', true);
  if (globalThis.navigator?.locks) expect(await listInterrupted(store)).toEqual([]);
  await again.close(true);
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
  const first = await openSlot(closing(2), 'first', false);
  await expect(first.write(fileOf(3), origin, ledgers())).rejects.toThrow('closed');
  await first.close(false);
  expect(await listInterrupted(store)).toEqual([]);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);

  const second = await openSlot(closing(5), 'second', false);
  await second.write(fileOf(3), origin, ledgers());
  await expect(second.write(fileOf(5), origin, ledgers())).rejects.toThrow('closed');
  await second.close(false);
  const [found] = await listInterrupted(store);
  const again = await openSlot(store, found.slot, true);
  expect(plain(await again.read())).toEqual(plain(fileOf(3)));
  // What was half written is overwritten.
  await again.write(fileOf(6, 10), origin, ledgers());
  await again.close(false);
  expect(plain(await (await openSlot(store, found.slot, true)).read())).toEqual(plain(fileOf(6, 10)));
});

test('what another version kept is shown, not used; what is damaged is refused; both can be discarded', async () => {
  const store = memoryStore();
  const slot = await openSlot(store, 'run', false);
  await slot.write({ ...fileOf(3, 10), engine: '0.0.1' }, origin, ledgers());
  await slot.close(false);
  const [found] = await listInterrupted(store);
  expect(found.problem).toMatch(/^Edgewise 0\.0\.1 kept it/);
  const piece = (await store.keys(CHECKPOINTS)).find((key) => !key.endsWith('head'))!;
  await store.delete(piece);
  const missing = await openSlot(store, found.slot, true);
  await expect(missing.read()).rejects.toThrow('A piece of this run is missing');
  await missing.close(false);
  await discard(store, found.slot);
  expect(await store.keys(CHECKPOINTS)).toEqual([]);
});
