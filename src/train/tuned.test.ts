import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { memoryTilings, type Tilings } from '../device/tiling.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { train } from './session.ts';
import { WEBGPU } from './testing/backends.ts';
import { expectSameBits } from './testing/compare.ts';
import { configOf, testGraph } from './testing/graphs.ts';
import { KINDS } from './testing/models.ts';

/** Trying tiles leaves no trace in a run: neither in its curve, nor in its memory, nor in the next one. */

const { backend, missing } = WEBGPU;
/** Large enough that kernels are tried. */
const graph = testGraph({ nodes: 1500, features: 'sparse', directed: true });
const BATCHES: Partial<Config> = {
  'sampling.strategy': 'neighbor',
  'sampling.batchSize': 300,
  'sampling.fanOut': [10],
  'evaluation.strategy': 'neighbor',
  'evaluation.batchSize': 500,
  'evaluation.fanOut': [10],
};
/** What SGC launches is too small to be tried. */
const SAMPLED_KINDS = KINDS.filter(([kind]) => kind !== 'sgc').map(
  ([kind, changes]) => [`${kind}, sampled`, { ...changes, ...BATCHES }] as const,
);
/** Of a GCN. */
const WAYS: readonly (readonly [string, Partial<Config>])[] = [
  ['full batch', {}],
  ['sampled, two batches to a step', { ...BATCHES, 'training.accumulate': 2 }],
  ['sampled, evaluated layer by layer', { ...BATCHES, 'evaluation.strategy': 'layerwise' }],
  ['sampled, in halves', { ...BATCHES, 'compute.precision': 'f16' }],
  ['edges dropped', { 'model.dropEdge': 0.4 }],
];

/** Counts what was found out. */
function watched(tilings: Tilings) {
  const known: Record<string, string> = {};
  return {
    known,
    tilings: {
      read: tilings.read,
      async write(device: string, tiling: Record<string, string>) {
        Object.assign(known, tiling);
        await tilings.write(device, tiling);
      },
    },
  };
}

describe(WEBGPU.title, () => {
  test.skipIf(missing).each([...SAMPLED_KINDS, ...WAYS])('%s', async (_, changes) => {
    const config = configOf({ 'training.epochs': 2, 'model.layers': 2, ...changes, 'model.hidden': 32 });
    const run = (tilings?: Tilings) =>
      train({ graph, config, backend: { ...backend, ...(tilings && { tilings }) } as typeof backend, fit: false });
    const usual = await run();
    const { known, tilings } = watched(memoryTilings());
    const tuning = await run(tilings);
    const remembering = await run(tilings);
    expect(Object.keys(known).length).toBeGreaterThan(0);
    expectSameBits(tuning, usual);
    expectSameBits(remembering, usual);
    expect(remembering.kernels).toBe(tuning.kernels);
    expect(tuning.memory.peak.gpu).toBe(usual.memory.peak.gpu);
    expect(tuning.memory.peak.gpu).toBe(tuning.memory.forecast.gpu);
  });

  test.skipIf(missing)('a repetition takes the tiles of the run, and another device its own', async () => {
    const config = configOf({ 'training.epochs': 2, 'model.hidden': 32, ...BATCHES });
    const run = (more: object) =>
      train({ graph, config, backend: { ...backend, ...more } as typeof backend, fit: false });
    const { known, tilings } = watched(memoryTilings());
    const usual = await run({ tilings });
    // As if this device had preferred others.
    const tiles = Object.fromEntries(Object.keys(known).map((key) => [key, /^aggregate/.test(key) ? '1x8' : '8x8']));
    const record = { engine: ENGINE_VERSION, device: usual.device, tiles };
    const repeated = await run({ tilings, repeats: record });
    expect(repeated.tiles).toEqual(tiles);
    expect((await run({ tilings, repeats: { ...record, tiles: repeated.tiles } })).kernels).toBe(repeated.kernels);
    const elsewhere = { ...record, device: { ...usual.device, description: 'another' } };
    expect((await run({ tilings, repeats: elsewhere })).kernels).toBe(usual.kernels);
    expect((await run({ tilings, repeats: { ...record, engine: '0.0.0' } })).kernels).toBe(usual.kernels);
  });
});
