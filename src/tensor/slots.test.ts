import { describe, expect, test } from 'vitest';
import { deriveKey, seedKey } from '../graph/random.ts';
import { assignSlots, type Interval, overlap, type Slot } from './slots.ts';

const interval = (bytes: number, from: number, to: number): Interval => ({ bytes, from, to });

/** Whole numbers in [0, below), drawn one after the other. */
function draws(seed: number): (below: number) => number {
  let counter = 0;
  return (below) => deriveKey(seedKey(seed), counter++, 0)[0] % below;
}

function randomIntervals(seed: number): Interval[] {
  const draw = draws(seed);
  return Array.from({ length: 1 + draw(60) }, () => {
    const from = draw(40);
    return interval(16 * (1 + draw(20)), from, from + draw(12));
  });
}

/** Bytes alive at the busiest moment: no assignment can do with less. */
function busiest(intervals: readonly Interval[]): number {
  const alive = (at: number) => intervals.filter(({ from, to }) => from <= at && at <= to);
  const total = (list: readonly Interval[]) => list.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.max(0, ...intervals.map(({ from }) => total(alive(from))));
}

const bytesOf = (slots: readonly Slot[]) => slots.reduce((sum, { bytes }) => sum + bytes, 0);

describe('overlap', () => {
  test.each([
    [0, 3, 4, 5, false],
    [0, 3, 3, 5, true], // Both ends are inclusive: a dispatch reads one and writes the other.
    [0, 9, 4, 5, true],
    [2, 2, 2, 2, true],
    [1, 1, 2, 2, false],
  ])('%i..%i and %i..%i: %s', (a, b, c, d, expected) => {
    expect(overlap(interval(4, a, b), interval(4, c, d))).toBe(expected);
    expect(overlap(interval(4, c, d), interval(4, a, b))).toBe(expected);
  });
});

describe('slots', () => {
  test('nothing needs nothing', () => {
    expect(assignSlots([])).toEqual([]);
  });

  test('values that follow one another share, values that meet do not', () => {
    expect(assignSlots([interval(64, 0, 1), interval(64, 2, 3)])).toEqual([{ bytes: 64, members: [0, 1] }]);
    expect(assignSlots([interval(64, 0, 2), interval(64, 2, 3)])).toEqual([
      { bytes: 64, members: [0] },
      { bytes: 64, members: [1] },
    ]);
  });

  test('the largest value comes first, whenever it lives, so that a slot never grows', () => {
    const chain = [interval(16, 0, 1), interval(256, 2, 3), interval(64, 4, 5)];
    expect(assignSlots(chain)).toEqual([{ bytes: 256, members: [1, 2, 0] }]);
  });

  test('each value goes into the first, that is the largest, slot that is free all its life', () => {
    const slots = assignSlots([interval(100, 0, 5), interval(80, 3, 9), interval(60, 6, 9), interval(40, 0, 2)]);
    expect(slots).toEqual([
      { bytes: 100, members: [0, 2] },
      { bytes: 80, members: [1, 3] },
    ]);
  });

  test('a slot is free between two of its members', () => {
    expect(assignSlots([interval(64, 0, 1), interval(48, 8, 9), interval(32, 3, 6)])).toEqual([
      { bytes: 64, members: [0, 1, 2] },
    ]);
  });

  test('equal sizes keep the order of the plan', () => {
    const slots = assignSlots([interval(32, 0, 4), interval(32, 1, 5), interval(32, 2, 6)]);
    expect(slots.map(({ members }) => members)).toEqual([[0], [1], [2]]);
  });

  test('300 random sets of lives: every value once, none shares with one it meets, as large as its largest', () => {
    let shared = 0;
    for (let seed = 0; seed < 300; seed++) {
      const intervals = randomIntervals(seed);
      const slots = assignSlots(intervals);
      const placed = slots.flatMap(({ members }) => members).sort((a, b) => a - b);
      expect(placed).toEqual(intervals.map((_, i) => i));
      for (const { bytes, members } of slots) {
        expect(bytes).toBe(Math.max(...members.map((i) => intervals[i].bytes)));
        const meetings = members.flatMap((i, at) =>
          members
            .slice(at + 1)
            .filter((j) => intervals[i].from <= intervals[j].to && intervals[j].from <= intervals[i].to),
        );
        expect(meetings).toEqual([]);
      }
      const total = intervals.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(bytesOf(slots)).toBeGreaterThanOrEqual(busiest(intervals));
      expect(bytesOf(slots)).toBeLessThanOrEqual(total);
      if (bytesOf(slots) < total) shared++;
    }
    expect(shared).toBeGreaterThan(250);
  });

  test('a slot is opened only for a value that meets a member of every earlier one', () => {
    for (let seed = 0; seed < 100; seed++) {
      const intervals = randomIntervals(seed);
      const slots = assignSlots(intervals);
      slots.forEach(({ members: [opener] }, at) => {
        for (const earlier of slots.slice(0, at)) {
          expect(earlier.members.some((i) => overlap(intervals[i], intervals[opener]))).toBe(true);
          expect(earlier.bytes).toBeGreaterThanOrEqual(intervals[opener].bytes);
        }
      });
    }
  });
});
