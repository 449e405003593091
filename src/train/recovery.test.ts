import { describe, expect, test } from 'vitest';
import { DeviceError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { gpu } from '../device/testing/dawn.ts';
import { WEBGPU } from './testing/backends.ts';
import { BATCHES, bits, EPOCHS, FULL, play } from './testing/play.ts';

/** A device that is lost is replaced, and no bit of the run changes; where that cannot be, the error says how far it came. */

const instruments = { checkpoints: true };
const NEVER = Number.POSITIVE_INFINITY;

const lr: Partial<Config> = { 'training.lr': 0.05 };
const dry: Config = { ...FULL, 'model.dropout': 0 };
const wet: Partial<Config> = { 'model.dropout': 0.5 };
const large: Partial<Config> = { 'sampling.batchSize': 64 };

describe('a run whose device is lost has the curve, events, weights and result of one that was left alone', () => {
  test.each([
    // Every epoch is saved: the run goes on in the epoch of the loss.
    ['the full batch, saved after each epoch', FULL, {}, 0, 7],
    ['batches, saved after each epoch', BATCHES, {}, 0, 7],
    ['the full batch in a new plan', dry, { 4: wet }, 0, 7],
    ['batches in a new plan', BATCHES, { 4: large }, 0, 7],
    // Nothing is saved but where the new plan began; what was changed by hand since is carried out again.
    ['the full batch, from where the new plan began', dry, { 4: wet }, NEVER, 4],
    ['batches, from where the new plan began', BATCHES, { 4: large }, NEVER, 4],
    ['the full batch from the beginning', FULL, {}, NEVER, 0],
  ])('%s', async (_name, config, after, checkpointMs, from) => {
    const { steps, ...left } = await play(WEBGPU.backend, config, { after: { ...after, 6: lr } });
    // In the middle of epoch 8; where it has one step, before that.
    const loss = (steps[6] + steps[7]) >> 1;
    const plot = {
      after: { ...after, 6: lr },
      before: { [loss]: 'lose' },
      job: { instruments, checkpointMs },
    } as const;
    const { run, recovered, replanned, told } = await play(WEBGPU.backend, config, plot);
    expect(recovered).toEqual([from]);
    expect(replanned).toHaveLength(left.replanned.length);
    expect(bits(run)).toEqual(bits(left.run));
    expect(told).toEqual(run.events);
  });

  test('a change within the epoch of the loss comes at its step again', async () => {
    const { steps } = await play(WEBGPU.backend, BATCHES, {});
    const before = { [steps[6] + 1]: lr };
    const left = await play(WEBGPU.backend, BATCHES, { before });
    const plot = { before: { ...before, [steps[6] + 2]: 'lose' }, job: { instruments, checkpointMs: 0 } } as const;
    const { run, recovered, told } = await play(WEBGPU.backend, BATCHES, plot);
    expect(recovered).toEqual([7]);
    expect(bits(run)).toEqual(bits(left.run));
    expect(told).toEqual(run.events);
  });

  test('a change asked for during the recovery leaves the epochs that were seen as they were', async () => {
    const plot = { after: { 6: lr, 8: 'lose' }, recovering: { 'training.lr': 0.2 }, job: { instruments } } as const;
    const { run, recovered, told } = await play(WEBGPU.backend, FULL, plot);
    expect(recovered).toEqual([0]);
    expect(run.events).toEqual([
      { step: 6, key: 'training.lr', value: 0.05 },
      { step: 8, key: 'training.lr', value: 0.2 },
    ]);
    expect(told).toEqual(run.events);
    const left = await play(WEBGPU.backend, FULL, { job: { events: run.events } });
    expect(bits(run)).toEqual(bits(left.run));
  });

  test.each([
    ['the full batch', FULL],
    ['batches', BATCHES],
  ])('twice, from the beginning: %s', async (_name, config) => {
    const after = { 3: lr, 5: 'lose', 9: 'lose' } as const;
    const { run, recovered } = await play(WEBGPU.backend, config, { after, job: { instruments } });
    expect(recovered).toHaveLength(2);
    const left = await play(WEBGPU.backend, config, { job: { events: run.events } });
    expect(bits(run)).toEqual(bits(left.run));
  });
});

describe('lost devices are counted', () => {
  const often = Object.fromEntries([1, 2, 3, 4, 5, 6].map((epoch) => [epoch, 'lose' as const]));

  test('from the last checkpoint on: a run that comes further goes on', async () => {
    const { run, recovered } = await play(WEBGPU.backend, FULL, {
      after: often,
      job: { instruments, checkpointMs: 0 },
    });
    expect(recovered).toEqual([1, 2, 3, 4, 5, 6]);
    expect(run.epochs).toHaveLength(EPOCHS);
  });

  test('and end a run that comes no further, with a sentence', async () => {
    const lost = play(WEBGPU.backend, FULL, { after: often, job: { instruments, checkpointMs: NEVER } });
    await expect(lost).rejects.toThrow(/^the run ended after epoch 4: the device was lost/);
    await expect(lost).rejects.toBeInstanceOf(DeviceError);
  });

  test('where no checkpoints are kept, the first ends the run', async () => {
    const lost = play(WEBGPU.backend, FULL, { after: { 5: 'lose' } });
    await expect(lost).rejects.toThrow(/^the run ended after epoch 5: the device was lost/);
  });
});

describe('an adapter that is not there right after the loss', () => {
  /** A GPU that gives an adapter for the first `asked`, then none for as often as `absent` says. */
  function flaky(absent: number, onMissed: (times: number) => void = () => {}) {
    let asked = 0;
    const requestAdapter: GPU['requestAdapter'] = async (options) => {
      asked++;
      if (asked === 1 || asked > 1 + absent) return gpu.requestAdapter(options);
      onMissed(asked - 1);
      return null;
    };
    return { kind: 'webgpu', gpu: { requestAdapter } as GPU } as const;
  }

  test('is waited for', async () => {
    const missed: number[] = [];
    const backend = flaky(2, (times) => missed.push(times));
    const { run, recovered } = await play(backend, FULL, {
      after: { 5: 'lose' },
      job: { instruments, checkpointMs: 0 },
    });
    expect(missed).toEqual([1, 2]);
    expect(recovered).toEqual([5]);
    const left = await play(WEBGPU.backend, FULL, {});
    expect(bits(run)).toEqual(bits(left.run));
  });

  test('ends the run where it stays away', async () => {
    const lost = play(flaky(NEVER), FULL, { after: { 5: 'lose' }, job: { instruments } });
    await expect(lost).rejects.toThrow(/^the run ended after epoch 5: its device was lost, and no other was found/);
  });

  test('is not waited for by a run that is stopped or aborted', async () => {
    let missed = 0;
    let stop = false;
    const stopping = flaky(NEVER, (times) => {
      missed = times;
      stop = times === 2;
    });
    const control = { ready() {}, changes: () => ({}), wantsPredictions: () => false, stopping: () => stop };
    const stopped = play(stopping, FULL, { after: { 5: 'lose' }, job: { instruments, control } });
    await expect(stopped).rejects.toThrow(/after epoch 5/);
    expect(missed).toBe(2);

    const abort = new AbortController();
    const aborting = flaky(NEVER, (times) => {
      missed = times;
      if (times === 3) abort.abort(new Error('closed'));
    });
    const job = { instruments, signal: abort.signal };
    await expect(play(aborting, FULL, { after: { 5: 'lose' }, job })).rejects.toThrow('closed');
    expect(missed).toBe(3);
  });
});
