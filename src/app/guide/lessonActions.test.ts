import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PageGraph } from '../state/store.ts';
import { giveUpLesson, runLesson } from './lessonActions.ts';
import { LESSONS } from './lessons.ts';

const { forecast, train } = vi.hoisted(() => ({ forecast: vi.fn(), train: vi.fn() }));
vi.mock('../state/engine.ts', () => ({
  trainer: { forecast, train, rehearse: async () => {}, datasets: async () => [], interrupted: async () => [] },
  answered: <T>(answer: Promise<T>) => answer,
}));

const { get, set } = await import('../state/store.ts');
const [lesson] = LESSONS;

beforeEach(() => {
  vi.stubGlobal('history', { replaceState: () => {} });
  const info = { fingerprint: '0123456789abcdef' };
  set({ graph: { id: 'a', catalogueId: lesson.dataset, info, url: null } as PageGraph });
  train.mockRejectedValue(Object.assign(new Error('Enough seen.'), { name: 'InputError' }));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetAllMocks();
});

test.each([
  ['begins its first run once that is planned', false, 1],
  ['begins no run where it is stopped before', true, 0],
])('a lesson %s', async (_, stopped, runs) => {
  let planned = () => {};
  forecast
    .mockReturnValueOnce(
      new Promise<void>((resolve) => {
        planned = resolve;
      }),
    )
    .mockRejectedValue(new Error('none'));
  const over = runLesson(lesson);
  expect(get().lessonRuns).toBe(true);
  if (stopped) giveUpLesson();
  planned();
  await over;
  expect(train).toHaveBeenCalledTimes(runs);
  expect(get().lessonRuns).toBe(false);
});
