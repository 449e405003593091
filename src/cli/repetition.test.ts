import { expect, test } from 'vitest';
import { exampleRun, randomFrom } from '../run/linkExamples.ts';
import type { RunRecord } from '../run/record.ts';
import { describeRepetition } from './repetition.ts';

const made: RunRecord = { ...exampleRun(randomFrom(1)), events: [], fitted: {} };
/** Its third epoch came out otherwise. */
const other: RunRecord = {
  ...made,
  epochs: made.epochs.map((epoch) => (epoch.epoch === 3 ? { ...epoch, trainLoss: epoch.trainLoss + 1 } : epoch)),
  result: { ...made.result, curveHash: 'f'.repeat(64) },
};
const told = (changes: Partial<RunRecord>) => describeRepetition(made, { ...other, ...changes }, 'run.json');

test('the same curve is told as such', () => {
  expect(describeRepetition(made, { ...made, device: { ...made.device, description: 'another' } }, 'run.json')).toBe(
    'the same curve as in run.json, bit for bit',
  );
});

test('figures that do not belong to the curve are told', () => {
  const better = { ...made, result: { ...made.result, testAcc: made.result.testAcc + 0.1 } };
  expect(describeRepetition(better, made, 'run.json')).toContain('but not its figures');
});

test.each<[string, Partial<RunRecord>]>([
  ['the graph is another', { dataset: { ...made.dataset, fingerprint: '0'.repeat(64) } }],
  ['it ran on another device', { device: { ...made.device, description: 'another' } }],
  ['another version of Edgewise made it, or other kernels ran', { engine: '0.0.0' }],
  ['another version of Edgewise made it, or other kernels ran', { kernels: '1'.repeat(64) }],
  ['other settings ran, fitted to a budget or changed by hand', { fitted: { 'sampling.batchSize': 7 } }],
  ['nothing in the file says why', {}],
])('another curve has a reason: %s', (reason, changes) => {
  expect(told(changes)).toBe(`not the curve of run.json from epoch 3 on: ${reason}`);
});

test('a run that was changed by hand is not repeated by its settings', () => {
  const steered = {
    ...made,
    events: [{ epoch: 1, step: 1, key: 'training.lr', value: 0.1 } as RunRecord['events'][0]],
  };
  expect(describeRepetition(steered, other, 'run.json')).toContain('fitted to a budget or changed by hand');
});
