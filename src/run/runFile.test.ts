import { expect, test } from 'vitest';
import { encodeRecord } from './codec.ts';
import { exampleRun, randomFrom } from './linkExamples.ts';
import { curveHash, type RunRecord } from './record.ts';
import { asShared, looksLikeRun, readRunFile } from './runFile.ts';
import { decodeRun, encodeRun } from './sealedRun.ts';
import { verdict } from './sharedRun.ts';

async function honestRun(epochs = 90): Promise<RunRecord> {
  const run = exampleRun(randomFrom(7), epochs);
  return { ...run, result: { ...run.result, curveHash: await curveHash(run.epochs) } };
}

test('what was saved is read back as it was', async () => {
  const run = await honestRun();
  expect(await readRunFile(`${encodeRecord(run)}\n`, 'run.json')).toEqual(run);
});

test('a loss that overflowed is null in the file and keeps the hash', async () => {
  const run = exampleRun(randomFrom(8), 4);
  const epochs = run.epochs.map((epoch, i) => (i < 2 ? epoch : { ...epoch, trainLoss: Number.POSITIVE_INFINITY }));
  const overflowed = { ...run, epochs, result: { ...run.result, curveHash: await curveHash(epochs) } };
  expect((await readRunFile(encodeRecord(overflowed), 'run.json')).epochs[3].trainLoss).toBeNaN();
});

test('a file and a link tell the same of a run', async () => {
  const run = await honestRun();
  const link = await encodeRun(run, 'debian-small');
  const byLink = await decodeRun(link.slice('#run='.length));
  expect(asShared(run, 'debian-small')).toEqual(byLink);
  expect(verdict(asShared(run, null), run)).toBe('identical');
});

test('the settings of the other device’s places stay there', async () => {
  const run = await honestRun();
  const there = { ...run, config: { ...run.config, 'sampling.workers': 7, 'memory.store': 'memory' as const } };
  expect(asShared(there, null).config).toEqual(asShared(run, null).config);
});

test('names are cut, and what a screen does not show is left out of them', async () => {
  const run = await honestRun(2);
  const long = `\u202e${'x'.repeat(500)}`;
  const device = { ...run.device, description: long };
  const odd = { ...run, engine: long, dataset: { ...run.dataset, name: long }, resumed: [{ epoch: 1, device }] };
  const read = await readRunFile(encodeRecord(odd), 'run.json');
  const cut = ` ${'x'.repeat(119)}`;
  expect([read.engine, read.dataset.name, read.resumed?.[0].device.description]).toEqual([cut, cut, cut]);
});

test.each<[string, (run: RunRecord) => object, RegExp]>([
  [
    'a curve that was improved',
    ({ epochs }) => ({ epochs: epochs.map((epoch, i) => (i === 5 ? { ...epoch, testAcc: 0.99 } : epoch)) }),
    /^run\.json: the hash of its curve is not that of its epochs/,
  ],
  ['an epoch that is left out', ({ epochs }) => ({ epochs: epochs.toSpliced(3, 1) }), /epochs are not there from 1/],
  ['no epochs', () => ({ epochs: [] }), /epochs are not there from 1/],
  ['a best epoch beyond the last', ({ result }) => ({ result: { ...result, bestEpoch: 91 } }), /best epoch/],
  ['an interruption beyond the last epoch', ({ device }) => ({ resumed: [{ epoch: 91, device }] }), /interrupted/],
  ['an accuracy of 120 %', ({ result }) => ({ result: { ...result, testAcc: 1.2 } }), /not between 0 and 1/],
  ['a fingerprint in words', ({ dataset }) => ({ dataset: { ...dataset, fingerprint: 'mine' } }), /fingerprint/],
  ['kernels in words', () => ({ kernels: 'fast' }), /kernels are no hash/],
  ['a change of the model', () => ({ events: [{ step: 1, key: 'model.hidden', value: 8 }] }), /model\.hidden cannot/],
  ['changes out of order', ({ events }) => ({ events: events.toReversed() }), /not in order/],
  ['a setting that does not exist', ({ config }) => ({ config: { ...config, 'training.luck': 1 } }), /training\.luck/],
])('%s is refused in one sentence', async (_, change, sentence) => {
  const run = await honestRun();
  const text = JSON.stringify({ ...run, ...change(run) });
  await expect(readRunFile(text, 'run.json')).rejects.toThrow(sentence);
});

test('a run is told from a graph by its beginning', async () => {
  const run = await honestRun(1);
  const sorted = Object.fromEntries(Object.entries(run).sort(([a], [b]) => (a < b ? -1 : 1)));
  for (const text of [encodeRecord(run), JSON.stringify(run, null, 2), JSON.stringify(sorted), '{"schema": 9']) {
    expect(looksLikeRun(text.slice(0, 8192))).toBe(true);
  }
  for (const text of ['{"directed": false, "nodes": [], "links": []}', '[{"schema": 2}]', 'source,target', '']) {
    expect(looksLikeRun(text)).toBe(false);
  }
});
