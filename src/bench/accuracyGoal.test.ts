import { describe, expect, test } from 'vitest';
import { chosenOf, judge } from './accuracyGoal.ts';

const none = () => Number.NaN;

describe('judge', () => {
  test('a mean that has to be reached', () => {
    expect(judge({ goal: 81 }, 81, none)).toBe('at least 81: met');
    expect(judge({ goal: 81 }, 80.99, none)).toBe('at least 81: NOT MET');
    expect(judge({}, 12, none)).toBe('reported');
  });

  test.each([
    [81.6, 81.57, 'within 0.5 of f32 (-0.03): met'],
    [81.6, 81.1, 'within 0.5 of f32 (-0.50): met'],
    [81.6, 82.1, 'within 0.5 of f32 (+0.50): met'],
    // High enough by itself, and still not what f32 has.
    [83, 82.4, 'within 0.5 of f32 (-0.60): NOT MET'],
    [81, 81.7, 'within 0.5 of f32 (+0.70): NOT MET'],
    // Low, as f32 is: another goal says so.
    [70, 69.8, 'within 0.5 of f32 (-0.20): met'],
  ])('a difference to another row: %d, %d', (full, half, verdict) => {
    const goal = { near: { name: 'f32', points: 0.5 } };
    expect(judge(goal, half, (name) => ({ f32: full })[name]!)).toBe(verdict);
  });

  test('both at once', () => {
    const goal = { goal: 80, near: { name: 'f32', points: 1 } };
    expect(judge(goal, 79.5, () => 80)).toBe('at least 80: NOT MET; within 1 of f32 (-0.50): met');
  });

  test('a row that is missing or diverged is no match', () => {
    expect(judge({ near: { name: 'f32', points: 1 } }, 80, none)).toContain('NOT MET');
    expect(judge({ goal: 80 }, Number.NaN, none)).toContain('NOT MET');
  });
});

test('who is held to another row takes it along', () => {
  const all = [{ name: 'a' }, { name: 'b', goal: 1 }, { name: 'b half', near: { name: 'b', points: 1 } }];
  const names = (only?: string) => chosenOf(all, only).map(({ name }) => name);
  expect(names()).toEqual(['a', 'b', 'b half']);
  expect(names('half')).toEqual(['b', 'b half']);
  expect(names('a')).toEqual(['a', 'b', 'b half']);
  expect(names('c')).toEqual([]);
});
