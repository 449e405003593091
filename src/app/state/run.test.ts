import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../config/schema.ts';
import type { EpochRecord } from '../../run/record.ts';
import type { StreamMessage } from '../../worker/protocol.ts';
import { advance, isActive, newRun } from './run.ts';

type RunMessage = Extract<StreamMessage, { run: number }>;

const memory = { gpu: 7, host: 8, disk: 0, purposes: { graph: 7 } };
const epoch = (number: number, trainLoss = 1 / number): RunMessage => {
  const times = { ms: 1, sampleMs: 0, readMs: 0, uploadMs: 0, evalMs: 1 };
  const record: EpochRecord = { epoch: number, trainLoss, valLoss: 1, trainAcc: 0, valAcc: 0, testAcc: 0, ...times };
  return { type: 'epoch', run: 1, epoch: record, steps: number, memory };
};
const run = newRun(1, DEFAULTS, 'karate');

describe('a run as its stream tells it', () => {
  test('grows by its epochs, and the run before stays as it was', () => {
    const one = advance(run, [epoch(1)]);
    const three = advance(one, [epoch(2), epoch(3)]);
    expect(one.epochs).toHaveLength(1);
    expect(three.epochs.map((record) => record.epoch)).toEqual([1, 2, 3]);
    expect(three.held).toHaveLength(3);
    expect([three.steps, three.memory]).toEqual([3, memory]);
  });

  test('epochs that come again after a lost device take the place of the first ones', () => {
    const device = { backend: 'webgpu', vendor: '', architecture: '', description: '', software: true } as const;
    const again = advance(advance(run, [epoch(1), epoch(2)]), [
      { type: 'recovered', run: 1, epoch: 1, reason: 'gone', device },
      epoch(2, 0.25),
      epoch(3),
    ]);
    expect(again.epochs.map(({ trainLoss }) => trainLoss)).toEqual([1, 0.25, 1 / 3]);
    expect(again.recoveries).toEqual([{ epoch: 1, reason: 'gone' }]);
  });

  test('a late word does not revive a run that is done', () => {
    const done = { ...advance(run, [epoch(1)]), status: 'done' } as const;
    const late = advance(done, [{ type: 'paused', run: 1, paused: false }, epoch(2)]);
    expect(late.status).toBe('done');
    expect(isActive(late)).toBe(false);
    expect(late.epochs).toHaveLength(2);
  });

  test('changes by hand are kept in order', () => {
    const event = (step: number) =>
      ({ type: 'event', run: 1, event: { step, key: 'training.lr', value: step } }) as const;
    expect(advance(run, [event(3), event(9)]).events.map(({ step }) => step)).toEqual([3, 9]);
  });
});
