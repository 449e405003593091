import { describe, expect, test } from 'vitest';
import type { Executor } from '../device/executor.ts';
import { localBatchSource, type OpenBatchSource } from './batchSource.ts';
import { openRun } from './run.ts';
import { fitJob, predict, train } from './session.ts';
import { findTarget, type Target } from './target.ts';
import { CPU } from './testing/backends.ts';
import { BATCHES, FULL, graph, play } from './testing/play.ts';

/** Whatever a run opens is closed again, and a failed clean-up hides nothing. */

/** A source on this thread that counts how often it was closed. */
function countedSource() {
  let closed = 0;
  const openBatchSource: OpenBatchSource = async (...about) => {
    const source = await localBatchSource(...about);
    const close = async () => {
      closed++;
    };
    return { ...source, close };
  };
  return { openBatchSource, closed: () => closed };
}

const failingSource: OpenBatchSource = async (...about) => {
  const source = await localBatchSource(...about);
  const close = async () => {
    throw new Error('the store is gone');
  };
  return { ...source, close };
};

describe('closing a run', () => {
  const job = { graph, config: BATCHES, backend: CPU.backend, fit: true };

  /** The CPU, with some of its calls replaced. */
  async function broken(changes: Partial<Executor>, onClose: () => void): Promise<Target> {
    const target = await findTarget(CPU.backend);
    const open: Target['open'] = async (plan, onAllocate) => {
      const opened = await target.open(plan, onAllocate);
      return { ...opened, executor: { ...opened.executor, ...changes }, close: onClose };
    };
    return { ...target, open };
  }
  const write = () => {
    throw new Error('no room');
  };

  test.each([
    // Sampled training writes its initial parameters after the source was opened.
    ['both passes sampled', BATCHES],
    // The full evaluation is prepared after the source was opened.
    ['evaluation in the full batch', { ...BATCHES, 'evaluation.strategy': 'full' as const }],
  ])('a run that cannot be opened leaves no sampler behind: %s', async (_name, config) => {
    const { openBatchSource, closed } = countedSource();
    let devices = 0;
    const target = await broken({ write }, () => {
      devices++;
    });
    const opening = openRun({ graph, openBatchSource }, target, fitJob({ ...job, config }, target));
    await expect(opening).rejects.toThrow('no room');
    expect([closed(), devices]).toEqual([1, 1]);
  });

  test('a device that fails to close leaves no sampler behind, and hides no error', async () => {
    const { openBatchSource, closed } = countedSource();
    const target = await broken({ write }, () => {
      throw new Error('the driver is gone');
    });
    await expect(openRun({ graph, openBatchSource }, target, fitJob(job, target))).rejects.toThrow('no room');
    expect(closed()).toBe(1);
  });

  test('a finished run has its result although a clean-up failed', async () => {
    const run = await train({ ...job, openBatchSource: failingSource });
    const plain = await train(job);
    expect(run.result).toEqual(plain.result);
    await predict({ ...job, weights: run.weights });
  });

  test('an error of the run is not hidden by one of the clean-up', async () => {
    const abort = new AbortController();
    const onEpoch = () => abort.abort(new Error('closed'));
    const aborted = train({ ...job, openBatchSource: failingSource, signal: abort.signal, onEpoch });
    await expect(aborted).rejects.toThrow('closed');
  });

  test('nothing is opened for the full batch', async () => {
    await play(CPU.backend, FULL, { job: { openBatchSource: () => Promise.reject(new Error('opened')) } });
  });
});
