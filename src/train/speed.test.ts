import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import type { Executor } from '../device/executor.ts';
import { train } from './session.ts';
import { measureSpeed } from './speed.ts';
import { BACKENDS } from './testing/backends.ts';
import { BATCHES, FULL, graph } from './testing/play.ts';

describe.each(BACKENDS)('a try of the speed on $title', ({ backend, missing }) => {
  const cases: [string, Config][] = [
    ['in batches', BATCHES],
    ['in the full batch', FULL],
  ];

  test.skipIf(missing).each(cases)('%s gives figures, leaves nothing held, and changes no curve', async (_, asked) => {
    const config = { ...asked, 'training.epochs': 2 };
    const job = { graph, config, backend, fit: true };
    const alone = await train(job);
    let executor: Executor | null = null;
    let steps = 0;
    let told = 0;
    const observeExecutor = (opened: Executor): Executor => {
      executor = opened;
      const run: Executor['run'] = (routine, step) => {
        if (routine === 'train') steps++;
        return opened.run(routine, step);
      };
      return { ...opened, run };
    };
    const onEpoch = () => told++;
    const speed = await measureSpeed({ ...job, observeExecutor, onEpoch, onEvent: onEpoch, onStart: onEpoch }, 20);
    expect(speed.stepMs.length).toBeGreaterThan(0);
    expect(Math.min(...speed.stepMs)).toBeGreaterThan(0);
    // The first step warms up. (Batches of this graph are not split: a step is one run of the routine.)
    expect(speed.steps).toBe(steps - 1);
    expect(executor!.ledger.held).toBe(0);
    expect(told).toBe(0);
    expect((await train(job)).result.curveHash).toBe(alone.result.curveHash);
  });

  test.skipIf(missing)('is given up by its signal, and holds nothing then', async () => {
    const controller = new AbortController();
    let executor: Executor | null = null;
    const observeExecutor = (opened: Executor): Executor => {
      executor = opened;
      return opened;
    };
    const job = { graph, config: BATCHES, backend, fit: true, observeExecutor, signal: controller.signal };
    setTimeout(() => controller.abort(), 5);
    await expect(measureSpeed(job, 60_000)).rejects.toMatchObject({ name: 'AbortError' });
    expect(executor!.ledger.held).toBe(0);
  });
});
