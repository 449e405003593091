import { describe, expect, test } from 'vitest';
import { DEFAULTS } from '../../config/schema.ts';
import type { EpochRecord, RunRecord } from '../../run/record.ts';
import type { StreamMessage } from '../../worker/protocol.ts';
import { advance, conclude, isActive, isPast, newRun, reopened, shownPredictions } from './run.ts';

type RunMessage = Extract<StreamMessage, { run: number }>;

const memory = { gpu: 7, host: 8, disk: 0, peak: { gpu: 7, host: 20, disk: 0 }, purposes: { graph: 7 } };
const epoch = (number: number, trainLoss = 1 / number): RunMessage => {
  const times = { ms: 1, sampleMs: 0, readMs: 0, uploadMs: 0, evalMs: 1 };
  const figures = { valLoss: 1, trainAcc: 0, valAcc: 0, testAcc: 0, valMetric: 0, testMetric: 0 };
  const record: EpochRecord = { epoch: number, trainLoss, ...figures, ...times };
  return { type: 'epoch', run: 1, epoch: record, memory };
};
const run = newRun(1, DEFAULTS, 'karate');

describe('a run as its stream tells it', () => {
  test('grows by its epochs, and the run before stays as it was', () => {
    const one = advance(run, [epoch(1)]);
    const three = advance(one, [epoch(2), epoch(3)]);
    expect(one.epochs).toHaveLength(1);
    expect(three.epochs.map((record) => record.epoch)).toEqual([1, 2, 3]);
    expect(three.held).toHaveLength(3);
    expect(three.memory).toEqual(memory);
  });

  test('is drawn again for what came: a step leaves the epochs themselves', () => {
    const one = advance(run, [epoch(1)]);
    const within = { step: 1, of: 2, waiting: null, loss: null };
    const going = advance(one, [{ type: 'step', run: 1, within }]);
    expect(going.within).toEqual(within);
    expect(going.epochs).toBe(one.epochs);
    expect(going.held).toBe(one.held);
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

  test('a run that goes on begins with the epochs of the earlier visit', () => {
    const { epochs: earlier } = advance(run, [epoch(1), epoch(2)]);
    const going = advance(run, [{ type: 'resumed', run: 1, epochs: earlier }, epoch(3)]);
    expect(going.epochs.map((record) => record.epoch)).toEqual([1, 2, 3]);
    expect(going.held.map(({ gpu }) => gpu)).toEqual([Number.NaN, Number.NaN, 7]);
  });

  test('a late word does not revive a run that is done', () => {
    const done = { ...advance(run, [epoch(1)]), status: 'done' } as const;
    const device = { backend: 'webgpu', vendor: '', architecture: '', description: '', software: true } as const;
    const late = advance(done, [
      { type: 'paused', run: 1, paused: false },
      { type: 'recovered', run: 1, epoch: 0, reason: 'gone', device },
      epoch(2),
    ]);
    expect(late).toBe(done);
    expect(isActive(late)).toBe(false);
  });

  test('within an epoch it tells the step, until the epoch is done', () => {
    const step = { step: 3, of: 8, waiting: 0.25, loss: 2 };
    const within = advance(run, [{ type: 'step', run: 1, within: step }]);
    expect(within.within).toEqual(step);
    expect(advance(within, [epoch(1)]).within).toBeNull();
  });

  test('in the end the record counts: epochs and changes that were dropped are gone', () => {
    const event = { step: 1, key: 'training.epochs', value: 2 } as const;
    const told = advance(run, [epoch(1), epoch(2), epoch(3), { type: 'event', run: 1, event }]);
    const record = { epochs: told.epochs.slice(0, 2), events: [] } as unknown as RunRecord;
    const done = conclude(told, record, 7);
    expect([done.id, done.status, done.epochs.length, done.held.length, done.events]).toEqual([7, 'done', 2, 2, []]);
  });

  test('a kept run is opened again as it ended', () => {
    const told = advance(run, [epoch(1), epoch(2)]);
    const { epochs } = told;
    const event = { step: 1, key: 'training.epochs', value: 2 } as const;
    const record = { config: DEFAULTS, epochs, events: [event], device: null } as unknown as RunRecord;
    const said = { epoch: 1, classes: Uint16Array.of(3), confidence: Uint8Array.of(4) };
    const again = reopened({ id: 7, datasetId: 'karate', record }, said);
    const ended = conclude({ ...told, events: [event] }, record, 7);
    // What was held meanwhile is not in a record.
    const { held, memory, peak } = again;
    expect(again).toEqual({ ...ended, predictions: said, held, memory, peak });
    expect(held.map(({ gpu }) => gpu)).toEqual([Number.NaN, Number.NaN]);
    expect(shownPredictions({ run: again })).toBe(said);
    expect(isPast({ run: again })).toBe(false);
  });

  test('shows the latest predictions, or those of an epoch that is looked at again while it goes on', () => {
    const predictions = (epoch: number): RunMessage => ({
      type: 'predictions',
      run: 1,
      epoch,
      classes: Uint16Array.of(epoch),
      confidence: Uint8Array.of(epoch),
    });
    const told = advance(run, [predictions(1), predictions(4)]);
    expect([shownPredictions({ run: told })?.epoch, isPast({ run: told })]).toEqual([4, false]);
    const later = advance({ ...told, shown: 3 }, [predictions(9)]);
    expect([shownPredictions({ run: later })?.epoch, isPast({ run: later })]).toEqual([1, true]);
    expect(shownPredictions({ run: { ...later, shown: null } })).toBe(later.predictions);
    expect([shownPredictions({ run }), isPast({ run }), shownPredictions({ run: null })]).toEqual([null, false, null]);
  });

  test('the most that was held is that of all devices and plans', () => {
    const smaller = { ...memory, peak: { gpu: 5, host: 30, disk: 0 } };
    const told = advance(run, [epoch(1), { type: 'memory', run: 1, memory: smaller }]);
    expect([told.memory, told.peak]).toEqual([smaller, { gpu: 7, host: 30, disk: 0 }]);
  });

  test('changes by hand are kept in order', () => {
    const event = (step: number) =>
      ({ type: 'event', run: 1, event: { step, key: 'training.lr', value: step } }) as const;
    expect(advance(run, [event(3), event(9)]).events.map(({ step }) => step)).toEqual([3, 9]);
  });
});
