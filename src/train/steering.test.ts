import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { gpu } from '../device/testing/dawn.ts';
import { countBuffers } from '../device/webgpu/countBuffers.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { RunEvent } from '../run/record.ts';
import { Stopped } from './epochs.ts';
import { type Predictions, probabilitiesOf } from './predictions.ts';
import { forecast, train } from './session.ts';
import { newSteering } from './steering.ts';
import { CPU, WEBGPU } from './testing/backends.ts';
import { testGraph } from './testing/graphs.ts';
import { BATCHES, EPOCHS, FULL, graph, play } from './testing/play.ts';

/** A run that is steered while it goes on: what was changed by hand replays, and a new plan or device changes no bit. */

describe.each([
  ['WebGPU', WEBGPU.backend],
  ['the CPU', CPU.backend],
])('on %s', (_, backend) => {
  test.each([
    ['the full batch', FULL, { 'training.lr': 0.2, 'model.dropout': 0.1, 'training.weightDecay': 0.1 }],
    ['batches', BATCHES, { 'training.lr': 0.2, 'sampling.batchSize': 8, 'sampling.fanOut': [2] }],
  ])('changes by hand are events, and a replay of them is identical: %s', async (_name, config, change) => {
    const { run, told, replanned } = await play(backend, config, { after: { 4: change } });
    expect(run.events.map(({ key }) => key).sort()).toEqual(Object.keys(change).sort());
    expect(new Set(run.events.map(({ step }) => step)).size).toBe(1);
    expect(told).toEqual(run.events);
    expect(replanned).toEqual([]);
    const untouched = await play(backend, config, {});
    expect(run.epochs.slice(0, 4).map(({ trainLoss }) => trainLoss)).toEqual(
      untouched.run.epochs.slice(0, 4).map(({ trainLoss }) => trainLoss),
    );
    expect(run.result.curveHash).not.toBe(untouched.run.result.curveHash);
    const again = await play(backend, config, { job: { events: run.events } });
    expect(again.run.result.curveHash).toBe(run.result.curveHash);
    expect(again.run.events).toEqual(run.events);
  });

  test('a run that is stopped has the epochs that it had, and so has its replay', async () => {
    const { run } = await play(backend, FULL, { after: { 5: 'stop' } });
    expect(run.epochs).toHaveLength(5);
    expect(run.events).toEqual([{ step: 5, key: 'training.epochs', value: 5 }]);
    const again = await play(backend, FULL, { job: { events: run.events } });
    expect(again.run.result).toEqual(run.result);
  });

  test('a run of two classes that is stopped is judged on its samples', async () => {
    const job = { graph: testGraph({ nodes: 200, classes: 2 }) };
    const { run } = await play(backend, BATCHES, { after: { 5: 'stop' }, job });
    const again = await play(backend, BATCHES, { job: { ...job, events: run.events } });
    expect(run.result.testRocAuc).toBeGreaterThan(0);
    expect(run.result).toEqual(again.run.result);
  });

  test('a run can be made longer while it goes on', async () => {
    const { run } = await play(backend, FULL, { after: { [EPOCHS - 1]: { 'training.epochs': EPOCHS + 3 } } });
    const long = await play(backend, { ...FULL, 'training.epochs': EPOCHS + 3 }, {});
    expect(run.result.curveHash).toBe(long.run.result.curveHash);
  });

  test.each([
    ['a larger batch', BATCHES, { 'sampling.batchSize': 64 }],
    ['dropout in a plan without', { ...FULL, 'model.dropout': 0 }, { 'model.dropout': 0.5 }],
  ])('%s makes a new plan between two epochs, and its replay is identical', async (_name, config, change) => {
    const { run, replanned } = await play(backend, config, { after: { 6: change } });
    expect(replanned).toHaveLength(1);
    expect(replanned[0].forecast.config).toMatchObject(change);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: EPOCHS }, (_, i) => i + 1));
    expect(run.memory.peak.gpu).toBeLessThanOrEqual(run.memory.forecast.gpu);
    const again = await play(backend, config, { job: { events: run.events } });
    expect(again.run.result.curveHash).toBe(run.result.curveHash);
  });

  test.each([
    ['the full batch', FULL],
    ['batches', BATCHES],
  ])('a new plan alone changes no bit: %s', async (_name, config) => {
    // A rate below 2^-16 drops nothing, but a plan made without dropout has no kernels for it.
    const dry = { ...config, 'model.dropout': 0 };
    const { run, replanned } = await play(backend, dry, { after: { 6: { 'model.dropout': 1e-9 } } });
    const plain = await play(backend, dry, {});
    expect(replanned).toHaveLength(1);
    expect(run.result).toEqual(plain.run.result);
  });

  test('stopped before its first epoch, there is no run', async () => {
    const control = { ready() {}, changes: () => ({}), wantsPredictions: () => false, stopping: () => true };
    await expect(train({ graph, config: FULL, backend, fit: true, control })).rejects.toBeInstanceOf(Stopped);
  });
});

describe('a change asked for while an earlier one is carried out again', () => {
  /** Steering that is asked for `wanted.now`, and what it tells. */
  function steered() {
    const wanted: { now: Partial<Config> } = { now: {} };
    const told: RunEvent[] = [];
    const control = {
      ready() {},
      changes() {
        const { now } = wanted;
        wanted.now = {};
        return now;
      },
      wantsPredictions: () => false,
      stopping: () => false,
    };
    const steering = newSteering({ config: FULL, control, onEvent: (event) => told.push(event) });
    return { steering, wanted, told };
  }

  test('comes after it, and not before the run is back where it was', () => {
    const { steering, wanted, told } = steered();
    for (let step = 0; step <= 12; step++) {
      if (step === 10) wanted.now = { 'training.lr': 0.05 };
      steering.advance('epoch', step);
    }
    steering.rewind(6);
    wanted.now = { 'training.lr': 0.2, 'training.weightDecay': 0.1 };
    const rates: number[] = [];
    for (let step = 6; step <= 13; step++) {
      steering.advance('epoch', step);
      rates.push(steering.config['training.lr']);
    }
    const before = FULL['training.lr'];
    expect(rates).toEqual([before, before, before, before, 0.05, 0.05, 0.2, 0.2]);
    expect(steering.events).toEqual([
      { step: 10, key: 'training.lr', value: 0.05 },
      { step: 12, key: 'training.lr', value: 0.2 },
      { step: 12, key: 'training.weightDecay', value: 0.1 },
    ]);
    expect(told).toEqual(steering.events);
  });
});

describe('instruments', () => {
  test.each([
    ['the full batch', FULL],
    ['batches', BATCHES],
  ])('are part of the forecast, to the byte, and change no bit: %s', async (_name, config) => {
    const counted = countBuffers(gpu);
    const backend = { kind: 'webgpu', gpu: counted.gpu } as const;
    const instruments = { predictions: true, checkpoints: true, timestamps: true };
    const promised = await forecast({ graph, config, backend, fit: true, instruments });
    const seen: Predictions[] = [];
    const timed: number[] = [];
    const { run } = await play(backend, config, {
      job: {
        instruments,
        control: {
          ready() {},
          changes: () => ({}),
          wantsPredictions: () => true,
          wantsProfile: () => timed.length === 0,
          stopping: () => false,
        },
        onPredictions: (_epoch, predictions) => seen.push(predictions),
        onProfile: (_epoch, times) => timed.push(times.length),
      },
    });
    expect(run.memory.forecast).toEqual(promised.memory);
    expect(run.memory.peak.gpu).toBe(promised.memory.gpu);
    expect(counted.peak()).toBe(promised.memory.gpu);
    expect(counted.held()).toBe(0);
    expect(run.memory.peak.host).toBeLessThanOrEqual(promised.memory.host);
    expect(timed).toHaveLength(1);
    const plain = await play(WEBGPU.backend, config, {});
    expect(run.result).toEqual(plain.run.result);
    // What the page is shown is what the record counts.
    const split = graph.splits[0];
    const judged = [...split.keys()].filter((node) => split[node] === SPLIT.test);
    const right = judged.filter((node) => seen.at(-1)!.classes[node] === graph.labels[node]).length;
    expect(seen).toHaveLength(EPOCHS);
    // The likeliest class has the confidence, and together they are certain.
    const { classes, confidence } = seen.at(-1)!;
    for (const node of judged.slice(0, 20)) {
      const probabilities = probabilitiesOf(seen.at(-1)!, node)!;
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      expect(Math.max(...probabilities)).toBe(probabilities[classes[node]]);
      expect(confidence[node] / 255).toBeCloseTo(probabilities[classes[node]], 2);
    }
    expect(probabilitiesOf(seen.at(-1)!, graph.nodes)).toBeNull();
    expect(right / judged.length).toBeCloseTo(run.epochs.at(-1)!.testAcc, 6);
  });

  test('a checkpoint stays within what was forecast for the host', async () => {
    const instruments = { checkpoints: true };
    const after = { 3: { 'model.dropout': 0.5 }, 7: 'lose' } as const;
    const dry = { ...FULL, 'model.dropout': 0 };
    const { run, replanned, recovered } = await play(WEBGPU.backend, dry, { after, job: { instruments } });
    expect([replanned.length, recovered.length]).toEqual([1, 1]);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
    expect(run.memory.peak.gpu).toBe(run.memory.forecast.gpu);
  });
});
