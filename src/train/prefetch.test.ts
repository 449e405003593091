import { expect, test } from 'vitest';
import { prefetched } from './prefetch.ts';

const later = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));

test.each([0, 1, 3, 100])('answers come in order, %i ahead, the slow ones too', async (ahead) => {
  const items = [5, 1, 4, 0, 3, 2];
  let [open, most] = [0, 0];
  const ask = async (ms: number) => {
    most = Math.max(most, ++open);
    return later(ms, 5 * ms);
  };
  const given: number[] = [];
  for await (const answer of prefetched(items, ahead, ask, () => {})) {
    given.push(answer);
    await later(null, 2);
    open--;
  }
  expect(given).toEqual(items);
  expect(most).toBe(Math.min(items.length, ahead + 1));
});

test('a failure is told where its turn comes, and what was asked for beyond it is dropped', async () => {
  const dropped: number[] = [];
  const given: number[] = [];
  const ask = async (item: number) => {
    if (item === 2) throw new Error('no second');
    return item;
  };
  const consume = async () => {
    for await (const answer of prefetched([1, 2, 3, 4, 5], 3, ask, (answer) => dropped.push(answer)))
      given.push(answer);
  };
  await expect(consume()).rejects.toThrow('no second');
  expect([given, dropped]).toEqual([[1], [3, 4, 5]]);
});

test('whoever stops early leaves nothing behind', async () => {
  const dropped: number[] = [];
  for await (const answer of prefetched(
    [1, 2, 3, 4],
    2,
    async (item) => item,
    (answer) => dropped.push(answer),
  )) {
    if (answer === 1) break;
  }
  expect(dropped).toEqual([2, 3]);
});
