import { expect } from 'vitest';
import type { Weights } from '../../model/stored.ts';
import type { EpochRecord } from '../../run/record.ts';
import type { Trained } from '../session.ts';

/** Comparisons of runs. */

/** Every number of a curve but the times. */
export function numbersOf({ epoch, trainLoss, valLoss, trainAcc, valAcc, testAcc }: EpochRecord): number[] {
  return [epoch, trainLoss, valLoss, trainAcc, valAcc, testAcc];
}

/** The largest difference of a loss between two curves, relative to the loss; NaN where their lengths differ. */
export function curveDistance(a: readonly EpochRecord[], b: readonly EpochRecord[]): number {
  if (a.length !== b.length) return Number.NaN;
  return a.reduce((worst, record, i) => {
    const train = Math.abs(record.trainLoss - b[i].trainLoss) / Math.abs(b[i].trainLoss);
    const validation = Math.abs(record.valLoss - b[i].valLoss) / Math.abs(b[i].valLoss);
    return Math.max(worst, train, validation);
  }, 0);
}

/** The largest absolute difference of two arrays; NaN where their lengths differ or anything is NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** The largest absolute difference of any weight; NaN where names or shapes differ. */
export function weightDistance(a: ReadonlyMap<string, Weights>, b: ReadonlyMap<string, Weights>): number {
  if ([...a.keys()].join() !== [...b.keys()].join()) return Number.NaN;
  let worst = 0;
  for (const [name, { data }] of a) {
    const difference = distance(data, b.get(name)!.data);
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** Asserts that two runs are the same to the bit, times aside. */
export function expectSameBits(a: Trained, b: Trained): void {
  expect(a.epochs.map(numbersOf)).toEqual(b.epochs.map(numbersOf));
  expect(a.result).toEqual(b.result);
  expect([...a.weights.keys()]).toEqual([...b.weights.keys()]);
  for (const [name, { data }] of a.weights) {
    expect(Array.from(new Uint32Array(data.buffer)), name).toEqual(
      Array.from(new Uint32Array(b.weights.get(name)!.data.buffer)),
    );
  }
}
