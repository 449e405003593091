import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { byteReader, byteWriter } from './linkBytes.ts';
import { quantise, readCurves, restore, SHARED_COLUMNS, sampledEpochs, writeCurves } from './linkCurve.ts';
import { noisyEpochs, randomFrom } from './linkExamples.ts';

describe('quantised curves', () => {
  it('are off by half a step at most, and exact at both ends of the range', () => {
    const random = randomFrom(7);
    for (let i = 0; i < 200; i++) {
      const scale = 10 ** (random() * 60 - 30);
      const values = Array.from({ length: 64 }, () => Math.fround((random() - 0.5) * scale));
      const [min, max] = [Math.min(...values), Math.max(...values)];
      const restored = restore(quantise(values));
      // Beside the step itself, only what float64 rounds.
      const bound = ((max - min) / 254 / 2) * (1 + 1e-9);
      values.forEach((value, at) => {
        expect(Math.abs(restored[at] - value)).toBeLessThanOrEqual(bound);
      });
      expect(Math.min(...restored)).toBe(min);
      expect(Math.fround(Math.max(...restored))).toBe(max);
    }
  });

  it('keep NaN apart from every number, and take what float32 lacks as NaN', () => {
    const restored = restore(quantise([Number.NaN, 1, 2, Number.POSITIVE_INFINITY, 1e39, 2]));
    expect(restored).toEqual([Number.NaN, 1, 2, Number.NaN, Number.NaN, 2]);
    expect(restore(quantise([Number.NaN, Number.NaN]))).toEqual([Number.NaN, Number.NaN]);
    expect(restore(quantise([0.5, 0.5]))).toEqual([0.5, 0.5]);
  });

  it('are taken at the first epoch, the last, and evenly between', () => {
    expect(sampledEpochs(1, 64)).toEqual([1]);
    expect(sampledEpochs(3, 64)).toEqual([1, 2, 3]);
    expect(sampledEpochs(10, 4)).toEqual([1, 4, 7, 10]);
    for (const epochs of [64, 65, 100, 127, 200, 1_000_000]) {
      const sampled = sampledEpochs(epochs, 64);
      expect([sampled.length, sampled[0], sampled[63]]).toEqual([64, 1, epochs]);
      expect(new Set(sampled).size).toBe(64);
    }
  });

  it.each([1, 2, 63, 64, 65, 200])('come back from their bytes: %i epochs', (count) => {
    const epochs = noisyEpochs(randomFrom(3), count).map((epoch) =>
      epoch.epoch === 2 ? { ...epoch, valLoss: Number.NaN } : epoch,
    );
    const writer = byteWriter();
    writeCurves(writer, epochs, 64);
    const curves = readCurves(byteReader(writer.finish()), count);
    expect(curves.epochs).toEqual(sampledEpochs(count, 64));
    for (const column of SHARED_COLUMNS) {
      const values = curves.epochs.map((epoch) => epochs[epoch - 1][column]);
      expect(curves[column]).toEqual(restore(quantise(values)));
    }
  });

  it.each([
    ['an infinite range', [2, 0, Number.POSITIVE_INFINITY]],
    ['a range without numbers', [2, Number.NaN, 1]],
    ['a range upside down', [2, 1, 0]],
    ['more points than epochs', [3, 0, 1]],
    ['one point for two epochs', [1, 0, 1]],
    ['no bytes at the end', [2, 0, 1]],
  ])('refuse %s', (_, [length, min, max]) => {
    const writer = byteWriter();
    writer.count(length);
    writer.float32(min);
    writer.float32(max);
    expect(() => readCurves(byteReader(writer.finish()), 2)).toThrow(InputError);
  });
});
