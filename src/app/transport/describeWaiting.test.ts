import { describe, expect, test } from 'vitest';
import { describeWaiting, describeWithin, waitingShare } from './describeWaiting.ts';

const epoch = (ms: number, sampleMs: number, readMs: number) => ({ ms, sampleMs, readMs });

describe('waiting for batches', () => {
  test('is a share of the training time of all epochs together', () => {
    expect(waitingShare([epoch(100, 10, 20), epoch(300, 0, 10)])).toBe(0.1);
    expect(waitingShare([])).toBeNull();
  });

  test('is not told of a full batch, which waits for none', () => {
    expect(waitingShare([epoch(100, 0, 0)])).toBeNull();
    expect(describeWaiting([epoch(100, 0, 0)], { step: 1, of: 1, waiting: null, loss: null })).toBeNull();
  });

  test('is told of the epoch that goes on, and of those before', () => {
    const within = { step: 9, of: 20, waiting: 0.256, loss: 1.5 };
    expect(describeWaiting([], within)).toBe('25.6 % of the training time of this epoch so far');
    expect(describeWaiting([epoch(100, 10, 20)], within)).toBe(
      '25.6 % of the training time of this epoch so far, 30.0 % of the first epoch',
    );
    expect(describeWaiting([epoch(100, 10, 20), epoch(300, 0, 10)], null)).toBe(
      '10.0 % of the training time of the first 2 epochs',
    );
  });
});

describe('where a run is in its epoch', () => {
  test('is its step, and what is known by then', () => {
    const within = { step: 1200, of: 5000, waiting: null, loss: null };
    expect(describeWithin(within)).toBe(', step 1,200 of 5,000');
    expect(describeWithin({ ...within, waiting: 0.256 })).toBe(', step 1,200 of 5,000 (26 % waiting for batches)');
    expect(describeWithin({ ...within, waiting: 0, loss: 1.23456 })).toBe(
      ', step 1,200 of 5,000 (loss 1.235, 0 % waiting for batches)',
    );
  });

  test('is nothing where it has one step, or none is known', () => {
    expect(describeWithin({ step: 1, of: 1, waiting: null, loss: null })).toBe('');
    expect(describeWithin(null)).toBe('');
  });
});
