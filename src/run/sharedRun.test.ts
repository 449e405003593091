import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { CONFIG_KEYS, DEFAULTS, entryOf } from '../config/schema.ts';
import { ADDRESS_LENGTH, decodeHash, MAX_LINK } from './link.ts';
import { quantise, restore } from './linkCurve.ts';
import { exampleRun, randomConfig, randomFrom, randomHex, randomValue } from './linkExamples.ts';
import { keyId } from './linkSettings.ts';
import type { RunEvent, RunRecord } from './record.ts';
import { encodeRun } from './sealedRun.ts';
import { comparable, type SharedRun, sameCurve, verdict } from './sharedRun.ts';

const LIVE = CONFIG_KEYS.filter((key) => entryOf(key).live);

async function runOf(hash: string): Promise<SharedRun> {
  const link = await decodeHash(hash);
  if (link.kind !== 'run') throw new Error(`a link of kind ${link.kind}`);
  return link.shared;
}

function payloadOf(hash: string): Buffer {
  return inflateRawSync(Buffer.from(hash.slice('#run='.length), 'base64url').subarray(5));
}

function randomEvents(random: () => number, length: number): RunEvent[] {
  let step = 0;
  return Array.from({ length }, () => {
    const key = LIVE[Math.floor(random() * LIVE.length)];
    step += Math.floor(random() * 300);
    return { step, key, value: randomValue(key, random) };
  });
}

describe('a sealed link', () => {
  it('holds the run', async () => {
    const run = exampleRun(randomFrom(1));
    const shared = await runOf(await encodeRun(run, 'debian-small'));
    const { name: _, fingerprint, ...counts } = run.dataset;
    expect(shared.dataset).toEqual({ ...counts, catalogueId: 'debian-small', fingerprint: fingerprint.slice(0, 16) });
    expect(shared.preset).toBe('debian-gcn');
    expect(shared.config).toEqual(run.config);
    expect(shared.fitted).toEqual(run.fitted);
    expect(shared.events).toEqual(run.events);
    expect(shared.engine).toBe(run.engine);
    expect(shared.kernels).toBe(run.kernels.slice(0, 16));
    expect(shared.device).toEqual(run.device);
    expect(shared.epochs).toBe(50);
    const { confusion: __, ...figures } = run.result;
    expect(shared.result).toEqual({ ...figures, curveHash: run.result.curveHash.slice(0, 16) });
    expect(shared.peak).toEqual(run.memory.peak);
    expect(shared.curves.epochs).toEqual(run.epochs.map(({ epoch }) => epoch));
    expect(shared.curves.valAcc).toEqual(restore(quantise(run.epochs.map(({ valAcc }) => valAcc))));
  });

  it('comes back as it was, for any configuration and any changes by hand', async () => {
    const random = randomFrom(2);
    for (let i = 0; i < 100; i++) {
      const run: RunRecord = {
        ...exampleRun(random, 1 + Math.floor(random() * 100)),
        config: randomConfig(random, random()),
        events: randomEvents(random, Math.floor(random() * 10)),
        kernels: i % 2 === 0 ? '' : randomHex(random, 64),
      };
      const shared = await runOf(await encodeRun(run, null));
      // All but where things lie here.
      const local = CONFIG_KEYS.filter((key) => entryOf(key).local).map((key) => [key, DEFAULTS[key]]);
      expect(shared.config).toEqual({ ...run.config, ...Object.fromEntries(local) });
      expect(shared.events).toEqual(run.events);
      expect(verdict(shared, run)).toBe('identical');
    }
  });

  it('carries losses that overflowed and figures that are not there', async () => {
    const example = exampleRun(randomFrom(3), 4);
    const epochs = example.epochs.map((epoch) => (epoch.epoch > 2 ? { ...epoch, trainLoss: Number.NaN } : epoch));
    const result = { ...example.result, testAcc: Number.NaN, testRocAuc: 0.75 };
    const shared = await runOf(await encodeRun({ ...example, epochs, result }, 'cora'));
    expect(shared.curves.trainLoss.map(Number.isNaN)).toEqual([false, false, true, true]);
    expect([shared.result.testAcc, shared.result.testRocAuc]).toEqual([Number.NaN, 0.75]);
  });

  it('tells nothing of the name of somebody’s own graph', async () => {
    const example = exampleRun(randomFrom(4));
    const dataset = { ...example.dataset, name: 'secret', classNames: ['secret'], notes: ['secret'] };
    const link = await encodeRun({ ...example, dataset }, null);
    const payload = payloadOf(link);
    // The search would find it: the device is there.
    expect(payload.includes('GeForce')).toBe(true);
    expect(payload.includes('secret')).toBe(false);
    expect(payload.includes(dataset.fingerprint)).toBe(false);
    expect(JSON.stringify(await runOf(link))).not.toContain('secret');
  });

  it('shows no unseen characters of a device', async () => {
    const example = exampleRun(randomFrom(5));
    const description = `GPU\u0000\u202e\n\ufeff\ud800${'x'.repeat(200)}`;
    const shared = await runOf(await encodeRun({ ...example, device: { ...example.device, description } }, null));
    expect(shared.device.description).toBe(`GPU     ${'x'.repeat(112)}`);
    expect(
      verdict(shared, { ...example, result: { ...example.result, curveHash: randomHex(randomFrom(6), 64) } }),
    ).toBe('different device');
  });
});

describe('the length of a sealed link', () => {
  const crowded = (events: number): RunRecord => {
    const random = randomFrom(8);
    const example = exampleRun(random, 200);
    const description =
      'ANGLE (Intel, Mesa Intel(R) Iris(R) Xe Graphics (TGL GT2), OpenGL ES 3.2 Mesa 23.2.1), driver 535.161';
    return {
      ...example,
      config: randomConfig(random, 1),
      events: randomEvents(random, events),
      device: { ...example.device, description: description.padEnd(120, '0123456789') },
    };
  };

  it('stays below 2,000 with a long address, every key changed, 40 changes by hand and 16 points', async () => {
    const link = await encodeRun(crowded(40), 'debian-small');
    expect(link.length + ADDRESS_LENGTH).toBeLessThan(MAX_LINK);
    expect((await runOf(link)).curves.epochs).toHaveLength(16);
  });

  it('holds where the graph is to be had, which gives way where there is no room', async () => {
    const url = 'https://example.org/graph.npz?a=1&b=2';
    const example = exampleRun(randomFrom(7));
    const link = await encodeRun(example, null, url);
    expect(link).toMatch(/^#run=[\w-]+&data=https:\/\/example\.org\/graph\.npz\?a=1%26b=2$/);
    expect(await decodeHash(link)).toEqual({ kind: 'run', shared: await runOf(await encodeRun(example, null)), url });
    const long = `https://example.org/${'a'.repeat(480)}`;
    const short = await encodeRun(crowded(40), null, long);
    expect(await decodeHash(short)).toMatchObject({ kind: 'run', url: null });
  });

  it('is kept by fewer points first, then the link is refused with the number of changes too many', async () => {
    const lengths = new Set<number>();
    let refused = '';
    for (let events = 0; events < 200 && !refused; events += 4) {
      const link = await encodeRun(crowded(events), 'debian-small').catch((error: Error) => error);
      if (link instanceof Error) {
        expect(link).toBeInstanceOf(InputError);
        refused = link.message;
        const tooMany = Number(/changes by hand, (\d+) are too many/.exec(refused)![1]);
        expect(tooMany).toBeGreaterThan(0);
        expect(tooMany).toBeLessThanOrEqual(4);
      } else {
        expect(link.length + ADDRESS_LENGTH).toBeLessThanOrEqual(MAX_LINK);
        lengths.add((await runOf(link)).curves.epochs.length);
      }
    }
    expect([...lengths]).toEqual([64, 32, 16]);
    expect(refused).toMatch(/save it as a file/);
  });
});

describe('the verdict on a run here beside the run of a link', () => {
  const theirs = exampleRun(randomFrom(12), 5);
  const other = randomHex(randomFrom(13), 64);
  const mine = { ...theirs, result: { ...theirs.result, curveHash: other } };

  it.each<[string, RunRecord, string]>([
    ['the same curve', theirs, 'identical'],
    ['the same curve on another device', { ...theirs, device: { ...theirs.device, vendor: 'amd' } }, 'identical'],
    [
      'the same curve on another graph',
      { ...theirs, dataset: { ...theirs.dataset, fingerprint: other } },
      'different data',
    ],
    ['another learning rate', { ...mine, config: { ...mine.config, 'training.lr': 1 } }, 'different settings'],
    ['other sampling to fit a budget', { ...mine, fitted: {} }, 'different settings'],
    ['a change by hand less', { ...mine, events: mine.events.slice(1) }, 'different settings'],
    ['an epoch less', { ...mine, epochs: mine.epochs.slice(1) }, 'different settings'],
    ['another cache', { ...mine, config: { ...mine.config, 'memory.cacheBytes': 2 ** 20 } }, 'differs'],
    ['another device', { ...mine, device: { ...mine.device, vendor: 'amd' } }, 'different device'],
    ['another engine', { ...mine, engine: '0.2.0' }, 'different engine or kernels'],
    ['other kernels', { ...mine, kernels: other }, 'different engine or kernels'],
    ['nothing else', mine, 'differs'],
  ])('%s', async (_, record, expected) => {
    const shared = await runOf(await encodeRun(theirs, null));
    expect(verdict(shared, record)).toBe(expected);
    expect(sameCurve(shared, record)).toBe(record.result.curveHash === theirs.result.curveHash);
  });

  it.each<[string, (shared: SharedRun) => SharedRun]>([
    ['accuracy', (shared) => ({ ...shared, result: { ...shared.result, testAcc: 0.999 } })],
    ['best epoch', (shared) => ({ ...shared, result: { ...shared.result, bestEpoch: 1 } })],
    ['micro F1', (shared) => ({ ...shared, result: { ...shared.result, testMicroF1: 0.999 } })],
    ['F1', (shared) => ({ ...shared, result: { ...shared.result, testMacroF1: 0.999 } })],
    ['ROC-AUC', (shared) => ({ ...shared, result: { ...shared.result, testRocAuc: 0.999 } })],
    ['metric', (shared) => ({ ...shared, result: { ...shared.result, metric: 'excellence' } })],
    ['number of epochs', (shared) => ({ ...shared, epochs: shared.epochs + 1 })],
    ['curve', (shared) => ({ ...shared, curves: { ...shared.curves, testAcc: shared.curves.testAcc.map(() => 1) } })],
  ])('tells an invented %s under the hash of a true curve', async (_, forge) => {
    const shared = await runOf(await encodeRun(theirs, null));
    expect(verdict(shared, theirs)).toBe('identical');
    expect(verdict(forge(shared), theirs)).toBe('same curve, other figures');
  });

  it('never ranks a processor against a GPU', () => {
    const gpu = theirs.device;
    const software = { ...gpu, software: true };
    const cpu = { ...software, backend: 'cpu' } as const;
    expect([comparable(gpu, gpu), comparable(software, software), comparable(cpu, software)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([comparable(gpu, software), comparable(software, gpu), comparable(gpu, cpu)]).toEqual([false, false, false]);
    expect(comparable(gpu, { ...cpu, software: false })).toBe(false);
  });
});

describe('the numbers of keys', () => {
  it('are different', () => {
    expect(new Set(CONFIG_KEYS.map(keyId)).size).toBe(CONFIG_KEYS.length);
  });

  it('stay what they are, whatever becomes of the schema', () => {
    expect(['model.kind', 'training.lr', 'memory.gpuBudget'].map(keyId)).toEqual([13094, 63088, 22079]);
  });
});
