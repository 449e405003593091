import { expect, test } from 'vitest';
import { allCases } from '../testing/cases.ts';
import { buildCase, runCase } from '../testing/opCase.ts';
import { cpuBytes } from './bytes.ts';
import { cpuExecutor } from './executor.ts';

/** What only the CPU executor does: double precision, poison, and its own count of bytes. */

const named = (part: string) => buildCase(allCases().find(({ name }) => name.includes(part))!);

test('the ledger is empty when the executor is destroyed, however often', () => {
  const { plan } = named('spmm weighted');
  const executor = cpuExecutor(plan);
  expect(executor.ledger.held).toBe(cpuBytes(plan));
  executor.destroy();
  executor.destroy();
  expect(executor.ledger.held).toBe(0);
  expect(Object.values(executor.ledger.byPurpose)).toEqual(Object.keys(executor.ledger.byPurpose).map(() => 0));
  expect(executor.ledger.peak).toBe(cpuBytes(plan));
});

test('double precision takes twice the bytes and gives doubles', async () => {
  const built = named('matmul nn 301 × 33');
  const executor = cpuExecutor(built.plan, { precision: 64 });
  const single = cpuExecutor(built.plan);
  expect(executor.ledger.peak).toBe(2 * (cpuBytes(built.plan) - single.ledger.byPurpose.pages));
  const [double] = await runCase(built, executor);
  const [float] = await runCase(built, single);
  expect([double, float].map((array) => array.constructor)).toEqual([Float64Array, Float32Array]);
  // Rounded on the way: or else the oracle would be no better than what it judges.
  expect([...double].some((value) => value !== Math.fround(value))).toBe(true);
});

/** Pairs of values of one plan of which the second is written while the first is still needed. */
function nested({ plan }: ReturnType<typeof buildCase>) {
  const sharing = plan.placements.filter(({ resident, piece }) => !resident && piece.value.dtype === 'f32');
  return sharing.flatMap((outer) =>
    sharing.filter((inner) => outer.from < inner.from && inner.to < outer.to).map((inner) => ({ outer, inner })),
  );
}

test('two values that were put into one buffer by mistake change the result', async () => {
  const built = allCases()
    .map((c) => buildCase(c))
    .find((candidate) => nested(candidate).length > 0)!;
  const sound = await runCase(built, cpuExecutor(built.plan, { poison: true }));
  expect(sound.some((array) => array.some(Number.isNaN))).toBe(false);
  for (const { outer, inner } of nested(built)) {
    const placements = built.plan.placements.map((p) => (p === inner ? { ...p, buffer: outer.buffer } : p));
    const buffers = built.plan.buffers.map((buffer, i) =>
      i === outer.buffer ? { ...buffer, bytes: Math.max(buffer.bytes, inner.bytes) } : buffer,
    );
    // The inner value takes the outer one's content with it when it dies.
    const arrays = await runCase(built, cpuExecutor({ ...built.plan, buffers, placements }, { poison: true }));
    expect(arrays.some((array) => array.some(Number.isNaN))).toBe(true);
  }
});

test('a kernel that is missing is named when the plan is bound, not in the middle of a run', () => {
  expect(() => cpuExecutor(named('relu').plan, { kernels: {} })).toThrow(/activation\.relu/);
});

test('kernels are timed from start to stop, and no result changes by it', async () => {
  const built = named('AdamW');
  const plain = await runCase(built, cpuExecutor(built.plan));
  const executor = cpuExecutor(built.plan);
  const profile = executor.profile!;
  expect(await profile.stop()).toEqual([]);
  const from = performance.now();
  profile.start();
  expect(await runCase(built, executor)).toEqual(plain);
  const times = await profile.stop();
  const elapsed = performance.now() - from;
  expect(times.map(({ dispatch, launches }) => [dispatch, launches])).toEqual(
    built.plan.routines.main.map((_, dispatch) => [dispatch, built.steps.length]),
  );
  const sum = times.reduce((total, { ms }) => total + ms, 0);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(elapsed);
  await runCase(built, executor);
  expect(await profile.stop()).toEqual([]);
});

test('what launches nothing is not timed', async () => {
  const built = named('masked cross-entropy and counts, 42 classes, smooth, 5 runs');
  const executor = cpuExecutor(built.plan);
  executor.profile!.start();
  await runCase(built, executor);
  const times = await executor.profile!.stop();
  const clear = built.plan.routines.main.findIndex(({ kernel }) => kernel === 'metrics.clear');
  // Counts begin anew in two of five runs.
  expect(times.map(({ dispatch, launches }) => [dispatch, launches])).toContainEqual([clear, 2]);
});

test('each launch is told, one after the other, and only from start to stop', async () => {
  const built = named('AdamW');
  const executor = cpuExecutor(built.plan);
  const told: [routine: string, dispatch: number, begin: number, end: number][] = [];
  executor.profile!.start((...launch) => told.push(launch));
  const from = performance.now();
  await runCase(built, executor);
  const to = performance.now();
  const times = await executor.profile!.stop();
  await runCase(built, executor);
  expect(told.map(([routine, dispatch]) => [routine, dispatch])).toEqual(
    built.steps.flatMap(() => built.plan.routines.main.map((_, dispatch) => ['main', dispatch])),
  );
  const moments = [from, ...told.flatMap(([, , begin, end]) => [begin, end]), to];
  expect(moments).toEqual([...moments].sort((a, b) => a - b));
  for (const { dispatch, ms } of times) {
    const mine = told.filter((launch) => launch[1] === dispatch);
    expect(mine.reduce((sum, [, , begin, end]) => sum + end - begin, 0)).toBeCloseTo(ms, 9);
  }
});
