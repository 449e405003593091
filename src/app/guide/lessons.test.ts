import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatValue } from '../../config/describe.ts';
import { parseValue } from '../../config/parse.ts';
import type { ConfigKey } from '../../config/schema.ts';
import { decodeHash } from '../../run/link.ts';
import { exampleRun, randomFrom } from '../../run/linkExamples.ts';
import type { RunRecord } from '../../run/record.ts';
import { answersOf, configOf, LESSONS } from './lessons.ts';

const catalogue: { id: string; kind: string }[] = JSON.parse(
  readFileSync(new URL('../../../datasets/catalogue.json', import.meta.url), 'utf8'),
);
const example = exampleRun(randomFrom(1));
const [lesson] = LESSONS;

const ran = (record: Partial<RunRecord>, catalogueId: string | null = lesson.dataset) => ({
  catalogueId,
  record: { ...example, events: [], ...record },
});

describe('lessons', () => {
  it.each(LESSONS.map((one) => [one.id, one] as const))(
    '%s: a link, a graph that comes with the page, valid settings',
    async (id, one) => {
      expect(await decodeHash(`#lesson=${id}`)).toEqual({ kind: 'lesson', lesson: id });
      expect(catalogue.find((entry) => entry.id === one.dataset)?.kind).toBe('embedded');
      for (const { sets } of one.experiments) {
        for (const [key, value] of Object.entries(sets)) {
          expect(parseValue(key as ConfigKey, formatValue(key as ConfigKey, value), 'a lesson')).toEqual(value);
        }
      }
      const points = one.experiments.map(({ series, label }) => `${series} ${label}`);
      expect(new Set(points).size).toBe(points.length);
    },
  );

  it.each(['', 'Worth', '../x', 'a'.repeat(41)])('refuses a link to %j', async (id) => {
    await expect(decodeHash(`#lesson=${id}`)).rejects.toThrow('lesson cannot be');
  });

  it('takes the newest run of the very settings, unchanged on the way, on its own graph', () => {
    const config = configOf(lesson.experiments[1]);
    const [older, newer] = [ran({ config }), ran({ config })];
    const answers = answersOf(lesson, [older, newer]);
    expect(answers[1]).toBe(newer);
    expect(answers.filter((run) => run !== null)).toHaveLength(1);
    const none = [
      ran({ config }, 'debian'),
      ran({ config, events: [{ step: 3, key: 'training.epochs', value: 3 }] }),
      ran({ config: { ...config, 'training.seed': 77 } }),
    ];
    expect(answersOf(lesson, none).every((run) => run === null)).toBe(true);
  });
});
