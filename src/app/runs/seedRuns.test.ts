import { describe, expect, test } from 'vitest';
import { exampleRun, randomFrom } from '../../run/linkExamples.ts';
import { changes, groupChanges } from './changes.ts';
import type { KeptRun } from './keptRuns.ts';
import { runsCsv } from './runsCsv.ts';
import { meanScore } from './scores.ts';
import { seedRuns, settingOf, tableRows } from './seedRuns.ts';

const example = { ...exampleRun(randomFrom(3), 4), events: [], fitted: {} };
const kept = (id: number, seed: number, change: Partial<KeptRun> = {}, lr = 0.1): KeptRun => ({
  id,
  at: 0,
  datasetId: 'here',
  catalogueId: null,
  record: { ...example, config: { ...example.config, 'training.seed': seed, 'training.lr': lr } },
  ...change,
});
/** Ids, those of a group together. */
const ids = (rows: ReturnType<typeof tableRows>) =>
  rows.map((row) => ('key' in row ? row.runs.map(({ id }) => id) : row.id));

describe('the rows of the table', () => {
  test('a group stands where its newest run would, the others newest first', () => {
    const runs = [kept(1, 1), kept(2, 9, {}, 0.5), kept(3, 2), kept(4, 3), kept(5, 1, {}, 0.7)];
    expect(ids(tableRows(runs))).toEqual([5, [1, 3, 4], 2]);
  });

  test('the same seed twice is no group, and no further sample of one', () => {
    expect(ids(tableRows([kept(1, 1), kept(2, 1)]))).toEqual([2, 1]);
    const [group] = seedRuns([kept(1, 1), kept(2, 2), kept(3, 1)]);
    expect(group.runs.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(group.samples.map(({ id }) => id)).toEqual([3, 2]);
  });

  test('runs out of files are never among one’s own', () => {
    const opened = { openedFrom: 'run.json' };
    expect(ids(tableRows([kept(1, 1), kept(2, 2, opened), kept(3, 3), kept(4, 4, opened)]))).toEqual([
      [2, 4],
      [1, 3],
    ]);
  });
});

test('a setting of several runs is one value, a range or a list', () => {
  const runs = [kept(1, 4), kept(2, 6, {}, 0.5), kept(3, 5)];
  expect(settingOf(runs, 'training.seed')).toBe('4–6');
  expect(settingOf(runs, 'training.lr')).toBe('0.1, 0.5');
  expect(settingOf(runs, 'model.hidden')).toBe('64');
  expect(settingOf(runs.slice(0, 2), 'training.seed')).toBe('4, 6');
});

describe('the mean score', () => {
  const of = (...scores: number[]) =>
    meanScore(scores.map((testMacroF1) => ({ ...example.result, metric: 'macroF1', testMacroF1 })));

  test('has the interval of Student’s t, by the figure that the runs were judged by', () => {
    const { text, title } = of(0.7, 0.8, 0.9);
    expect(text).toBe('80.0 ± 24.8 % macro F1');
    expect(title).toBe("Mean test score over 3 seeds, with Student's t interval of 95 %: 55.2 % to 104.8 %");
  });

  test('a narrow interval is not one of zero, and two runs have none', () => {
    expect(of(0.8, 0.8002, 0.8001).text).toBe('80.01 ± 0.02 % macro F1');
    expect(of(0.7, 0.8)).toEqual({
      text: '75.0 % macro F1',
      title: 'Mean test score over 2 seeds; an interval takes three',
    });
  });
});

test('the table as CSV has every run, its names first', () => {
  const [names, ...rows] = runsCsv([kept(1, 4), kept(2, 5, { openedFrom: 'a,b.json' })], ['training.lr']);
  expect(rows).toHaveLength(2);
  expect(rows.every((row) => row.length === names.length)).toBe(true);
  const cell = (row: number, name: string) => rows[row][names.indexOf(name)];
  expect([cell(0, 'seed'), cell(1, 'opened from'), cell(1, 'training.lr')]).toEqual([4, 'a,b.json', '0.1']);
  expect(cell(0, 'test accuracy')).toBe(example.result.testAcc);
});

test('a run that was interrupted says after which epochs it went on', () => {
  const { device } = example;
  const resumed = [2, 1200].map((epoch) => ({ epoch, device }));
  const later = kept(2, 1, { record: { ...kept(2, 1).record, resumed } });
  expect(changes([kept(1, 1), later], later)).toBe('resumed after epoch 2, 1,200, identical, bit for bit');
  expect(changes([later], later)).toBe('resumed after epoch 2, 1,200');
  expect(changes([kept(1, 1)], kept(1, 1))).toBe('first run on this graph');
});

test('of runs over seeds it is said how many were interrupted, whichever they are', () => {
  const { device } = example;
  const resumed = (id: number, seed: number) =>
    kept(id, seed, { record: { ...kept(id, seed).record, resumed: [{ epoch: 7, device }] } });
  const before = kept(1, 1, {}, 0.5);
  const over = (...runs: KeptRun[]) => groupChanges([before, ...runs], runs);
  const plain = over(kept(2, 1), kept(3, 2), kept(4, 3));
  expect(plain).not.toContain('resumed');
  expect(over(kept(2, 1), resumed(3, 2), kept(4, 3))).toBe(`1 of 3 runs resumed, ${plain}`);
  expect(over(resumed(2, 1), kept(3, 2), resumed(4, 3))).toBe(`2 of 3 runs resumed, ${plain}`);
});
