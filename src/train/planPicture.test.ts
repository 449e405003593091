import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { planPicture } from '../tensor/picture.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import { forecastRun } from './forecast.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';

/** The picture of real plans: it must show each byte and each life of the plan, once. */

const graph = testGraph({ nodes: 300 });
const identity = testGraph({ nodes: 800, features: 'identity' });

function planOf(changes: Partial<Config> = {}, on = graph, bindable = DEFAULT_LIMITS.maxStorageBufferBindingSize) {
  const limits = { ...DEFAULT_LIMITS, maxStorageBufferBindingSize: bindable };
  return forecastRun(on, configOf(changes), { backend: 'webgpu', limits, capacityFrom: 'worst case' }).plan;
}

const plans = [
  ['gcn', planOf()],
  ['mlp', planOf({ 'model.kind': 'mlp' })],
  ['three layers, sampled', planOf({ ...SAMPLED, 'model.layers': 3 })],
  ['values cut into panels', planOf({ 'model.hidden': 200 }, identity, 64 * 1024)],
] as const;

describe.each(plans)('planPicture: %s', (_, plan) => {
  const picture = planPicture(plan);

  test('stacks all buffers without a gap, up to the bytes of the plan', () => {
    let offset = 0;
    for (const buffer of picture.buffers) {
      expect(buffer.offset).toBe(offset);
      expect(buffer.bytes).toBeGreaterThan(0);
      offset += buffer.bytes;
    }
    expect(offset).toBe(plan.bytes);
    expect(picture.bytes).toBe(plan.bytes);
    const sorted = (list: readonly { label: string; bytes: number }[]) =>
      list.map((b) => `${b.label} ${b.bytes}`).sort();
    expect(sorted(picture.buffers)).toEqual(sorted(plan.buffers));
  });

  test('holds every placement once, in its own buffer', () => {
    expect(picture.blocks.length).toBe(plan.placements.length);
    plan.placements.forEach(({ piece, bytes, buffer, from, to }, i) => {
      const block = picture.blocks[i];
      expect(block).toMatchObject({ bytes, from, to, purpose: piece.value.purpose });
      expect(block.name.startsWith(piece.value.name)).toBe(true);
      const { label, bytes: room } = picture.buffers[block.buffer];
      expect({ label, bytes: room }).toEqual({ label: plan.buffers[buffer].label, bytes: plan.buffers[buffer].bytes });
      expect(block.bytes).toBeLessThanOrEqual(room);
    });
  });

  test('no two blocks of a buffer live at the same time, and all live within the axis', () => {
    picture.buffers.forEach((_, buffer) => {
      const lives = picture.blocks.filter((block) => block.buffer === buffer).sort((a, b) => a.from - b.from);
      for (const [i, { from, to }] of lives.entries()) {
        expect(from).toBeGreaterThan(i > 0 ? lives[i - 1].to : -1);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThan(picture.length);
      }
    });
  });

  test('the routines cover the axis one after the other', () => {
    let next = 0;
    for (const { name, from, to } of picture.routines) {
      expect(from).toBe(next);
      expect(to - from + 1).toBe(plan.routines[name].length);
      next = to + 1;
    }
    expect(next).toBe(picture.length);
  });

  test('what stays lies lowest, then slots, then service buffers; the larger ones lower, and always in the same order', () => {
    const level = picture.buffers.map((_, buffer) => {
      const index = picture.blocks.findIndex((block) => block.buffer === buffer);
      return index < 0 ? 2 : plan.placements[index].resident ? 0 : 1;
    });
    expect(new Set(level)).toEqual(new Set([0, 1, 2]));
    expect(level).toEqual(level.toSorted((a, b) => a - b));
    for (let i = 1; i < level.length; i++) {
      if (level[i] === level[i - 1]) expect(picture.buffers[i].bytes).toBeLessThanOrEqual(picture.buffers[i - 1].bytes);
    }
    expect(planPicture({ ...plan, buffers: [...plan.buffers] })).toEqual(picture);
  });
});

test('panels of one value have names of their own', () => {
  const { blocks } = planPicture(plans[3][1]);
  expect(blocks.some(({ name }) => name.endsWith(' (panel 2)'))).toBe(true);
});

test('is plain data, which survives a message', () => {
  const picture = planPicture(plans[0][1]);
  expect(structuredClone(picture)).toEqual(picture);
});
