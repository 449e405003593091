import { describe, expect, test } from 'vitest';
import { axisTicks, hitTest, layoutPlan, neighbour, stackOrder, topOfScale } from './planGeometry.ts';
import { testPicture } from './testPicture.ts';

const picture = testPicture();
const SIZE = { width: 500, height: 300 };
/** One pixel is 50 bytes. */
const TOP = 15_000;
const layout = layoutPlan(picture, SIZE, TOP);
const nameOf = (index: number) => {
  const { block, band } = layout.items[index];
  return block === null ? picture.buffers[layout.bands[band].buffers[0]].label : picture.blocks[block].name;
};
const at = (name: string) => layout.items.findIndex((_, index) => nameOf(index) === name);

describe('stackOrder', () => {
  test('what stays, by purpose and size; slots; service buffers', () => {
    const labels = stackOrder(picture).map(({ buffer }) => picture.buffers[buffer].label);
    const tiny = [0, 1, 2, 3, 4].map((i) => `tiny ${i}`);
    expect(labels).toEqual(['X', 'W', ...tiny, 'm', 'slot 0', 'slot 1', 'read-back']);
  });
});

describe('layoutPlan', () => {
  test('the strips lie on one another from the bottom, and the upper edge is the peak', () => {
    let y = SIZE.height;
    for (const band of layout.bands) {
      expect(band.y + band.height).toBeCloseTo(y, 9);
      expect(band.height).toBeCloseTo((band.bytes * SIZE.height) / TOP, 9);
      y = band.y;
    }
    expect(y).toBeCloseTo(SIZE.height * (1 - picture.bytes / TOP), 9);
  });

  test('every buffer is in one strip, and only thin ones share it', () => {
    const buffers = layout.bands.flatMap((band) => band.buffers);
    expect(buffers.toSorted((a, b) => a - b)).toEqual(picture.buffers.map((_, i) => i));
    const shared = layout.bands.filter((band) => band.buffers.length > 1);
    expect(shared.map(({ buffers }) => buffers)).toEqual([[3, 4, 5, 6, 7]]);
    expect(shared[0].bytes).toBe(10);
  });

  test('with room for all, every block is there; without, the strips are still those of the bytes', () => {
    const roomy = layoutPlan(picture, { width: 500, height: 30_000 }, TOP);
    const shown = roomy.items.flatMap(({ block }) => (block === null ? [] : [block]));
    expect(shown.toSorted((a, b) => a - b)).toEqual(picture.blocks.map((_, i) => i));
    const flat = layoutPlan(picture, { width: 500, height: 1 }, TOP);
    expect(flat.bands.length).toBeLessThan(layout.bands.length);
    expect(flat.bands.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(picture.bytes);
  });

  test('a block has its true height at the bottom of its slot, and the time of its life', () => {
    const { band, ...box } = layout.items[at('h2')];
    const slot = layout.bands[band];
    expect(box).toMatchObject({ x: 300, width: 100, height: 10, from: 6, to: 7 });
    expect(box.y + box.height).toBeCloseTo(slot.y + slot.height, 9);
    expect(slot.height).toBe(40);
  });

  test('routines lie where their dispatches do', () => {
    expect(layout.routines).toEqual([
      { name: 'train', x: 0, width: 300 },
      { name: 'evaluate', x: 300, width: 200 },
    ]);
  });

  test('a plan without dispatches or buffers is an empty picture', () => {
    const nothing = { bytes: 0, length: 0, routines: [], buffers: [], blocks: [] };
    expect(layoutPlan(nothing, SIZE, topOfScale(0, 0, null))).toMatchObject({ bands: [], items: [] });
  });
});

describe('hitTest', () => {
  test('finds each item in its middle', () => {
    layout.items.forEach(({ x, y, width, height }, index) => {
      expect(hitTest(layout, x + width / 2, y + height / 2)).toBe(index);
    });
  });

  test('a small block is met in the whole height of its slot, an empty slot is not met', () => {
    const slot = layout.bands[layout.items[at('h2')].band];
    expect(hitTest(layout, 350, slot.y + 1)).toBe(at('h2'));
    expect(hitTest(layout, 20, slot.y + 1)).toBeNull();
  });

  test('outside of the picture is nothing', () => {
    const middle = layout.items[0].y + layout.items[0].height / 2;
    for (const [x, y] of [
      [-1, middle],
      [500, middle],
      [250, 0],
      [250, 300],
    ]) {
      expect(hitTest(layout, x, y)).toBeNull();
    }
  });
});

describe('neighbour', () => {
  const go = (name: string, direction: Parameters<typeof neighbour>[2]) =>
    nameOf(neighbour(layout, at(name), direction));

  test('along the time within a slot, and not out of it', () => {
    expect(go('h1', 'right')).toBe('h2');
    expect(go('h2', 'right')).toBe('h2');
    expect(go('h2', 'left')).toBe('h1');
    expect(go('h1', 'left')).toBe('h1');
  });

  test('up and down to what lives at the same time', () => {
    expect(go('h1', 'up')).toBe('g1');
    expect(go('h2', 'up')).toBe('g2');
    expect(go('g2', 'down')).toBe('h2');
    expect(go('h1', 'down')).toBe('m');
    expect(go('X', 'down')).toBe('X');
    expect(go('read-back', 'up')).toBe('read-back');
  });

  test('every item can be reached from the first one', () => {
    const reached = new Set([0]);
    for (const index of reached) {
      for (const direction of ['left', 'right', 'up', 'down'] as const)
        reached.add(neighbour(layout, index, direction));
    }
    expect(reached.size).toBe(layout.items.length);
  });
});

describe('topOfScale', () => {
  test('the plan always fits, and so does a budget that is near', () => {
    for (const budget of [0, 500, 1000, 1200, 1500, 1e9]) {
      const top = topOfScale(1000, budget, null);
      expect(top).toBeGreaterThan(1000);
      expect(top).toBeLessThan(1700);
      if (budget <= 1500) expect(top).toBeGreaterThan(budget);
    }
  });

  test('a smaller plan is drawn smaller, down to about half', () => {
    const share = (bytes: number) => bytes / topOfScale(bytes, 0, 1000);
    expect(share(900)).toBeLessThan(share(1000));
    expect(share(600)).toBeLessThan(share(900));
    expect(share(10)).toBeCloseTo(share(100), 9);
    expect(share(10)).toBeGreaterThan(0.5);
  });
});

test.each([
  [5e6, 5, [0, 1e6, 2e6, 3e6, 4e6, 5e6]],
  [11e6, 4, [0, 5e6, 10e6]],
  [1.7e6, 4, [0, 500_000, 1e6, 1.5e6]],
  [3, 10, [0, 1, 2, 3]],
])('axisTicks(%d, %d) are round', (top, count, ticks) => {
  expect(axisTicks(top, count)).toEqual(ticks);
});
