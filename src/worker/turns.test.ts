import { expect, test } from 'vitest';
import { newTurns } from './turns.ts';

test('each begins when the one before has ended, one that fails holds nobody up, and all is over at rest', async () => {
  const turns = newTurns();
  const seen: string[] = [];
  await turns.rest();
  const slow = turns.take(async () => {
    seen.push('begin');
    await new Promise((resolve) => setTimeout(resolve, 10));
    seen.push('end');
    return 1;
  });
  const failing = turns.take(() => {
    seen.push('fail');
    throw new Error('no');
  });
  const rest = turns.rest().then(() => seen.push('rest'));
  await expect(failing).rejects.toThrow('no');
  expect(await slow).toBe(1);
  await rest;
  await turns.take(() => seen.push('again'));
  expect(seen).toEqual(['begin', 'end', 'fail', 'rest', 'again']);
});
