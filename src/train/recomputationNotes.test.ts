import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { fitRun } from './fit.ts';
import { configOf, SAMPLED } from './testing/graphs.ts';
import { bytesOf, largeGraph, OPTIONS } from './testing/largeGraph.ts';

const graph = largeGraph(2000);
const notesOf = (config: Config) => fitRun(graph, config, OPTIONS, false).notes;
const TREE = { 'compute.recompute': 'tree' } as const;

describe.each([
  ['full batch', {}],
  ['sampled', SAMPLED],
] as const)('%s', (_, strategy) => {
  const deep = configOf({ ...strategy, 'model.kind': 'gcn2', 'model.layers': 12 });

  test('nothing is said where nothing is recomputed, or where that saves', () => {
    expect(notesOf(deep)).toEqual([]);
    expect(bytesOf(graph, deep, TREE)).toBeLessThan(bytesOf(graph, deep));
    expect(notesOf({ ...deep, ...TREE })).toEqual([]);
  });

  test('where it takes more, says how much and what to do', () => {
    const shallow = configOf({ ...strategy, 'model.kind': 'gin', 'model.layers': 1 });
    const [kept, more] = [bytesOf(graph, shallow), bytesOf(graph, shallow, TREE)];
    expect(more).toBeGreaterThan(kept);
    expect(notesOf({ ...shallow, ...TREE })).toEqual([
      `compute.recompute=tree makes this plan larger: ${more} bytes, and ${kept} without it; set compute.recompute=off.`,
    ]);
  });

  test.each([{ 'compute.slots': 'off' }, { 'compute.compiled': 'off' }] as const)(
    'where no values share a slot, says that, too: %o',
    (unshared) => {
      const [kept, more] = [bytesOf(graph, deep, unshared), bytesOf(graph, deep, { ...unshared, ...TREE })];
      expect(notesOf({ ...deep, ...unshared, ...TREE })).toEqual([
        `compute.recompute=tree makes this plan larger: ${more} bytes, and ${kept} without it, because no values share a buffer; ` +
          'set compute.recompute=off, or let them share (compute.compiled=on, compute.slots=on).',
      ]);
    },
  );
});

test('a model that only predicts recomputes nothing', () => {
  const config = configOf({ ...TREE, 'compute.slots': 'off' });
  expect(fitRun(graph, config, { ...OPTIONS, predictOnly: true }, false).notes).toEqual([]);
});
