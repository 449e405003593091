import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { unlessFailed } from './unlessFailed.ts';

const never = new Promise<never>(() => {});

test('answers come through, and failures of their own', async () => {
  const wait = unlessFailed(never);
  expect(await wait(Promise.resolve(1))).toBe(1);
  await expect(wait(Promise.reject(new Error('mine')))).rejects.toThrow('mine');
});

test('what fails ends the waits under way and all that follow', async () => {
  let fail: (error: Error) => void = () => {};
  const wait = unlessFailed(
    new Promise<never>((_, reject) => {
      fail = reject;
    }),
  );
  const waiting = wait(never);
  fail(new Error('lost'));
  await expect(waiting).rejects.toThrow('lost');
  await expect(wait(Promise.resolve(1))).rejects.toThrow('lost');
});

test('an answer that was given is not kept', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const wait = unlessFailed(never);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => new WeakRef(await wait(Promise.resolve(new Uint8Array(1_000_000))))),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  collect();
  expect(answers.filter((answer) => answer.deref()).length).toBeLessThan(5);
});
