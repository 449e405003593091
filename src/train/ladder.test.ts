import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { ladder, recomputations, recomputed } from './ladder.ts';
import { configOf, SAMPLED } from './testing/graphs.ts';
import { bytesOf, largeGraph } from './testing/largeGraph.ts';

/** The ladder of settings. */

const large = largeGraph();

describe('ladder', () => {
  test('starts with what was asked for and ends with one seed node and one neighbour', () => {
    const rungs = ladder(configOf());
    expect(rungs[0]).toEqual({});
    expect(rungs.at(-1)).toMatchObject({
      'sampling.strategy': 'neighbor',
      'evaluation.strategy': 'neighbor',
      'sampling.batchSize': 1,
      'evaluation.batchSize': 1,
      'sampling.fanOut': [1, 1],
      'evaluation.fanOut': [1, 1],
    });
  });

  test('keeps training in full batches as long as it can, then evaluation, then an exact one', () => {
    const strategies = ladder(configOf()).map((change) => {
      const { 'sampling.strategy': train, 'evaluation.strategy': evaluate } = { ...configOf(), ...change };
      return `${train} ${evaluate}`;
    });
    expect([...new Set(strategies)]).toEqual(['full full', 'neighbor full', 'neighbor layerwise', 'neighbor neighbor']);
  });

  test.each([
    ['default', {}],
    ['sampled', SAMPLED],
    ['all neighbours', { 'sampling.fanOut': [-1], 'sampling.strategy': 'neighbor' }],
    ['three fan-outs', { 'sampling.fanOut': [20, 0, 3], 'model.layers': 3 }],
    ['several batches to a step', { 'sampling.batchSize': 100, 'training.accumulate': 3 }],
    ['tiny batches', { ...SAMPLED, 'sampling.batchSize': 2, 'evaluation.batchSize': 1 }],
  ] as const)('never asks for larger batches or more neighbours than the configuration: %s', (_, changes) => {
    const config = configOf(changes);
    const rungs = ladder(config);
    for (const change of rungs) {
      const rung = { ...config, ...change };
      // Nor for steps of other seeds, to less than one batch.
      const more =
        rung['sampling.batchSize'] * rung['training.accumulate'] -
        config['sampling.batchSize'] * config['training.accumulate'];
      expect(more).toBeGreaterThanOrEqual(0);
      expect(more).toBeLessThan(rung['sampling.batchSize']);
      expect(rung['sampling.batchSize']).toBeLessThanOrEqual(config['sampling.batchSize']);
      expect(rung['evaluation.batchSize']).toBeLessThanOrEqual(config['evaluation.batchSize']);
      rung['sampling.fanOut'].forEach((fan, hop) => {
        const asked = config['sampling.fanOut'][hop];
        if (asked >= 0) expect(fan).toBeLessThanOrEqual(asked);
      });
    }
    expect(new Set(rungs.map((rung) => JSON.stringify({ ...config, ...rung }))).size).toBe(rungs.length);
  });

  // Not from the first rung on: beside a small graph that stays whole for the evaluation, batches only add.
  test.each([
    ['gcn', {}],
    ['gcn, wide', { 'model.hidden': 128 }],
    ['gcn, three layers', { 'model.layers': 3 }],
    ['gcn, all neighbours', { 'sampling.fanOut': [-1] }],
    ['mlp', { 'model.kind': 'mlp' }],
  ] as const)(
    'from the first rung that samples everything on, no rung takes more than the one before: %s',
    (_, changes) => {
      const config = configOf(changes);
      const rungs = ladder(config);
      const bytes = rungs.map((change) => bytesOf(large, config, change));
      const first = rungs.findIndex(
        (change) => change['evaluation.strategy'] === 'neighbor' && change['sampling.fanOut'],
      );
      for (let i = first + 1; i < rungs.length; i++) {
        expect(bytes[i], `rung ${i}: ${JSON.stringify(rungs[i])}`).toBeLessThanOrEqual(bytes[i - 1]);
      }
      expect(bytes.at(-1)).toBeLessThan(bytes[0]);
    },
  );
});

describe('recomputed', () => {
  type Bytes = Readonly<Record<Config['compute.recompute'], number>>;
  /** What is tried of the ladder, in words, where every rung takes so many bytes. */
  const tried = (asked: Partial<Config>, bytes: Bytes) => {
    const config = configOf(asked);
    const whole = (change: Partial<Config>) => ({ ...config, ...change });
    const settings = recomputed(config, ladder(config), (change) => bytes[whole(change)['compute.recompute']]);
    return [...settings].map((change) => {
      const rung = whole(change);
      const passes = `${rung['sampling.strategy']} ${rung['evaluation.strategy']} ${rung['compute.precision']}`;
      return `${passes} ${rung['sampling.batchSize']}: ${rung['compute.recompute']}`;
    });
  };
  const LESS: Bytes = { off: 3, segments: 2, tree: 1 };
  const MORE: Bytes = { off: 1, segments: 2, tree: 3 };

  test('comes before whatever changes a number: halves, samples, smaller batches', () => {
    expect(tried({}, LESS).slice(0, 9)).toEqual([
      'full full f32 1024: off',
      'full full f32 1024: segments',
      'full full f32 1024: tree',
      'full full f16 1024: off',
      'full full f16 1024: segments',
      'full full f16 1024: tree',
      'neighbor full f32 1024: off',
      'neighbor full f32 1024: segments',
      'neighbor full f32 1024: tree',
    ]);
  });

  test('of a sampled run, too; smaller batches try what took least', () => {
    const sampled = tried(SAMPLED, LESS);
    expect(sampled.slice(0, 6)).toEqual([
      'neighbor neighbor f32 13: off',
      'neighbor neighbor f32 13: segments',
      'neighbor neighbor f32 13: tree',
      'neighbor neighbor f32 13: off',
      'neighbor neighbor f32 13: tree',
      'neighbor neighbor f32 13: off',
    ]);
    expect(sampled.at(-1)).toBe('neighbor neighbor f32 1: tree');
    expect(sampled).toHaveLength(2 * ladder(configOf(SAMPLED)).length + 1);
  });

  test('begins with what was asked for', () => {
    expect(tried({ 'compute.recompute': 'segments' }, LESS).slice(0, 3)).toEqual([
      'full full f32 1024: segments',
      'full full f32 1024: off',
      'full full f32 1024: tree',
    ]);
  });

  test('is tried once on the first rung of each strategy where it saves nothing', () => {
    const rungs = ladder(configOf());
    const strategies = new Set(tried({}, MORE).map((line) => line.split(' ').slice(0, 3).join(' ')));
    expect(strategies.size).toBe(5);
    expect(tried({}, MORE)).toHaveLength(rungs.length + 2 * strategies.size);
  });

  test('waits for the first rung that has a plan at all', () => {
    const none = { off: Infinity, segments: Infinity, tree: Infinity };
    expect(tried(SAMPLED, none)).toHaveLength(3 * ladder(configOf(SAMPLED)).length);
  });

  test.each([{ 'compute.slots': 'off' }, { 'compute.compiled': 'off' }] as const)(
    'is not offered where no values share a slot, only switched off: %o',
    (unshared) => {
      expect(tried(unshared, LESS).some((line) => !line.endsWith(': off'))).toBe(false);
      const asked = { ...unshared, ...SAMPLED, 'compute.recompute': 'tree' } as const;
      expect(recomputations(configOf(asked))).toEqual(['tree', 'off']);
      const below = tried(asked, MORE).slice(2);
      expect(below).toContain('neighbor neighbor f32 1: off');
    },
  );
});
