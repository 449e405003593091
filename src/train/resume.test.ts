import { describe, expect, test } from 'vitest';
import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import type { DatasetInfo } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ResumePoint } from './checkpoint.ts';
import { type CheckpointFile, decodeCheckpoint, encodeCheckpoint } from './checkpointFile.ts';
import { CPU, type TestBackend, WEBGPU } from './testing/backends.ts';
import { BATCHES, bits, EPOCHS, FULL, graph, type Plot, play } from './testing/play.ts';

/** A run that is interrupted and goes on from the bytes of a checkpoint is the run that was never interrupted. */

const dataset: DatasetInfo = {
  name: graph.name,
  nodes: graph.nodes,
  edges: graph.edges,
  features: graph.features.cols,
  classes: graph.classNames.length,
  fingerprint: 'f',
};
const instruments = { checkpoints: true, keptCheckpoints: true };
const BETWEEN = { 'training.checkpointEvery': 5 };

const fileOf = (config: Config, point: ResumePoint): CheckpointFile => ({
  engine: ENGINE_VERSION,
  config,
  dataset,
  source: 'here',
  point,
});

/** Plays the run and gives the bytes of its checkpoints, by their epochs. */
async function interrupted(backend: TestBackend['backend'], config: Config, plot: Plot = {}) {
  const kept = new Map<number, Uint8Array>();
  const onCheckpoint = async (point: ResumePoint) => {
    kept.set(point.epochs.length, encodeCheckpoint(fileOf(config, point)));
  };
  const story = await play(backend, config, {
    ...plot,
    job: { instruments, checkpointMs: 0, onCheckpoint, ...plot.job },
  });
  return { ...story, kept };
}

function resume(backend: TestBackend['backend'], bytes: Uint8Array, plot: Plot = {}) {
  const { config, point } = decodeCheckpoint(bytes, 'here');
  return play(backend, config, { ...plot, job: { instruments, resume: () => point } });
}

const lr: Partial<Config> = { 'training.lr': 0.05 };
const dry: Config = { ...FULL, 'model.dropout': 0 };

describe.each([WEBGPU, CPU])('on $title', ({ backend }) => {
  test.each<[string, Config, Plot['after']]>([
    ['the full batch', FULL, {}],
    ['SAGE in batches', { ...BATCHES, 'model.kind': 'sage', 'model.norm': 'batch' }, {}],
    ['GAT in half precision', { ...FULL, 'model.kind': 'gat', 'compute.precision': 'f16' }, {}],
    ['batches in half precision', { ...BATCHES, 'compute.precision': 'f16' }, {}],
    ['momentum and a schedule', { ...FULL, 'training.optimizer': 'sgd', 'training.schedule': 'cosine' }, {}],
    ['patience, which ends it', { ...FULL, 'training.epochs': 200, 'training.lr': 0.1, 'training.patience': 6 }, {}],
    ['a change by hand before and one after', BATCHES, { 3: lr, 8: { 'training.lr': 0.001 } }],
    ['a change that made a new plan', BATCHES, { 3: { 'sampling.batchSize': 64 } }],
    ['dropout where there was none', dry, { 3: { 'model.dropout': 0.5 } }],
    ['more epochs than were asked for', FULL, { 3: { 'training.epochs': EPOCHS + 3 } }],
  ])('%s', async (_, config, after) => {
    const left = await play(backend, { ...config, ...BETWEEN }, { after });
    const { run, kept } = await interrupted(backend, { ...config, ...BETWEEN }, { after });
    expect(bits(run)).toEqual(bits(left.run));
    expect([...kept.keys()].slice(0, 2)).toEqual([5, 10]);
    expect(run.memory.peak.host).toBeLessThanOrEqual(run.memory.forecast.host);
    expect(run.resumed).toBeUndefined();

    const later = await resume(backend, kept.get(5)!, { after });
    expect(bits(later.run)).toEqual(bits(left.run));
    expect(later.steps.findIndex((count) => count !== undefined)).toBe(5);
    expect(later.told).toEqual(left.run.events);
    expect(later.run.resumed).toEqual([{ epoch: 5, device: left.run.device }]);
    expect(later.run.memory.peak.host).toBeLessThanOrEqual(later.run.memory.forecast.host);
  });

  test('a replay that is interrupted goes on with what is still to come', async () => {
    const events = [
      { step: 2, key: 'training.lr', value: 0.05 },
      { step: 8, key: 'training.lr', value: 0.001 },
    ] as const;
    const config = { ...FULL, ...BETWEEN };
    const { run, kept } = await interrupted(backend, config, { job: { events } });
    const later = await resume(backend, kept.get(5)!);
    expect(later.run.events).toEqual(events);
    expect(bits(later.run)).toEqual(bits(run));
  });

  test('twice, and the second time from a run that had gone on', async () => {
    const config = { ...FULL, ...BETWEEN };
    const { run, kept } = await interrupted(backend, config);
    const { point } = decodeCheckpoint(kept.get(5)!, 'here');
    const second = await interrupted(backend, config, { job: { resume: () => point } });
    const third = await resume(backend, second.kept.get(10)!);
    expect(bits(third.run)).toEqual(bits(run));
    expect(third.run.resumed?.map(({ epoch }) => epoch)).toEqual([5, 10]);
  });
});

test('a device that is lost after the run went on is replaced', async () => {
  const config = { ...BATCHES, ...BETWEEN };
  const { run, kept } = await interrupted(WEBGPU.backend, config);
  const later = await resume(WEBGPU.backend, kept.get(5)!, { after: { 8: 'lose' } });
  expect(later.recovered).toEqual([5]);
  expect(bits(later.run)).toEqual(bits(run));
});

describe('what is kept, and when', () => {
  test('nothing where nobody asked for it, or training.checkpointEvery is 0', async () => {
    const { kept } = await interrupted(CPU.backend, { ...FULL, 'training.checkpointEvery': 0 });
    expect([...kept.keys()]).toEqual([]);
  });

  test('no further one while one is being written', async () => {
    let written = 0;
    let end = () => {};
    const onCheckpoint = () => {
      written++;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    };
    const config = { ...FULL, 'training.checkpointEvery': 1 };
    const plot = { job: { instruments, checkpointMs: 0, onCheckpoint } };
    const running = play(CPU.backend, config, plot);
    const ended = running.then(() => 'ended');
    const soon = new Promise((resolve) => setTimeout(resolve, 200, 'waits for the last one'));
    expect(await Promise.race([ended, soon])).toBe('waits for the last one');
    expect(written).toBe(1);
    end();
    expect((await running).run.epochs).toHaveLength(EPOCHS);
  });

  test('a run that is paused is kept where it is', async () => {
    const kept: ResumePoint[] = [];
    let paused = false;
    let go = () => {};
    const control = {
      async ready() {
        if (!paused) return;
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      },
      changes: () => ({}),
      wantsPredictions: () => false,
      stopping: () => false,
      pausing: () => paused,
    };
    const onCheckpoint = async (point: ResumePoint) => {
      kept.push(point);
      // Afterwards somebody presses play.
      setTimeout(() => {
        paused = false;
        go();
      });
    };
    const onEpoch = ({ epoch }: { epoch: number }) => {
      paused = epoch === 7;
    };
    const config = { ...FULL, 'training.checkpointEvery': 1000 };
    const { run } = await play(CPU.backend, config, { job: { instruments, onCheckpoint, control, onEpoch } });
    expect(kept.map(({ epochs }) => epochs.length)).toEqual([7]);
    const later = await play(CPU.backend, config, { job: { instruments, resume: () => kept[0] } });
    expect(bits(later.run)).toEqual(bits(run));
  });
});

describe('a file of a checkpoint', () => {
  const config = { ...FULL, ...BETWEEN };
  const bytesOf = async () => (await interrupted(CPU.backend, config)).kept.get(5)!;

  test('gives back what was put into it', async () => {
    const bytes = await bytesOf();
    const file = decodeCheckpoint(bytes, 'here');
    expect(encodeCheckpoint(file)).toEqual(bytes);
    expect(file).toMatchObject({ engine: ENGINE_VERSION, config, dataset, source: 'here' });
    const odd = { ...file.point.best!, figure: Number.POSITIVE_INFINITY };
    const epochs = file.point.epochs.map((epoch) => ({ ...epoch, trainLoss: -0, valLoss: Number.NaN }));
    const point = { ...file.point, best: odd, epochs };
    expect(decodeCheckpoint(encodeCheckpoint({ ...file, point }), 'here').point).toEqual(point);
  });

  test('is refused in one sentence where any byte of it is another, or missing', async () => {
    const bytes = await bytesOf();
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at] ^= 0x10;
      expect(() => decodeCheckpoint(damaged, 'run.ckpt'), `byte ${at}`).toThrow(InputError);
      expect(() => decodeCheckpoint(bytes.slice(0, at), 'run.ckpt'), `${at} bytes`).toThrow(/^run\.ckpt: .*\.$/);
    }
  });

  test('is refused where the state does not have the shape of the plan', async () => {
    const { run, kept } = await interrupted(CPU.backend, config);
    const { point } = decodeCheckpoint(kept.get(5)!, 'here');
    const [name] = run.weights.keys();
    const without = new Map(point.values);
    without.delete(name);
    const shorter = new Map(point.values).set(name, point.values.get(name)!.slice(1));
    for (const values of [without, shorter]) {
      const resumed = play(CPU.backend, config, { job: { instruments, resume: () => ({ ...point, values }) } });
      await expect(resumed).rejects.toThrow(InputError);
    }
  });
});
