import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dispatch } from '../tensor/op.ts';
import type { Plan } from '../tensor/plan.ts';
import { AGGREGATE_TILES, invocations, MATMUL_TILES, type Offers, tilesFor } from '../tensor/tiles.ts';
import { allCases, matmulCase } from './testing/cases.ts';
import { gpu as dawn, NO_ADAPTER, testDevice } from './testing/dawn.ts';
import { type BuiltCase, buildCase, type OpCase, runCase, tightLimits, tiledPlan } from './testing/opCase.ts';
import { updateCase } from './testing/updateCase.ts';
import { memoryTilings, type Tiling, tilingKey } from './tiling.ts';
import { findAdapter } from './webgpu/adapter.ts';
import { webgpuExecutor } from './webgpu/executor.ts';

/** On this adapter tiles change no bit; autotune finds one of them and remembers it. */

/** Widths that leave a rest in every tile, and several parts of a split sum. */
const cases = [
  ...allCases().filter(({ name }) => /^(spmm (ones|weighted)|spmax).*width (33|64)\b/.test(name)),
  matmulCase('nn', 70, 70, 70),
  matmulCase('nt', 130, 21, 137),
  matmulCase('tn', 1030, 70, 70),
];
const GPU: Offers = { software: false, subgroups: true };
const names = [...new Set([...MATMUL_TILES, ...AGGREGATE_TILES].map(({ name }) => name))];

test('a tile covers what it is given', () => {
  const [small] = MATMUL_TILES;
  const shared = MATMUL_TILES.find(({ name }) => name === '64x64')!;
  expect(invocations(small, [9, 3, 2])).toBe(3 * 3 * 2);
  expect(invocations(shared, [65, 17, 2])).toBe(2 * 2 * 2 * 64);
});

test('a tile is left out where a narrower one of as many rows covers the width', () => {
  const tried = (width4: number) => tilesFor(AGGREGATE_TILES, [100, width4, 1], GPU).map(({ name }) => name);
  expect(tried(1)).toEqual(['1x4']);
  expect(tried(3)).toEqual(['1x4', '1x8', '1x16']);
  expect(tried(4)).toEqual(['1x4', '1x8', '1x16']);
  expect(tried(5)).toEqual(['1x4', '1x8', '1x16', '1x64']);
});

test('a tile is left out where the device cannot run it, or it would be mostly idle', () => {
  const tried = (width4: number, offers: Offers) =>
    tilesFor(MATMUL_TILES, [100, width4, 1], offers).map(({ name }) => name);
  expect(tried(1, GPU)).toEqual(['4x4', '8x8']);
  expect(tried(8, GPU)).toEqual(['4x4', '8x8', '8x64', '64x64']);
  expect(tried(64, GPU)).toEqual(['4x4', '8x8', '8x64', '8x256', '64x64']);
  expect(tried(64, { ...GPU, subgroups: false })).toEqual(['4x4', '8x8', '64x64']);
  expect(tried(64, { ...GPU, software: true })).toEqual(['4x4', '8x64', '8x256']);
});

test('the key of a tile names the kernel and its shape, not what was fused into it', () => {
  const { plan } = buildCase(matmulCase('nn', 70, 30, 20));
  const [dispatch] = plan.routines.main;
  const key = tilingKey(dispatch, {});
  expect(key).toBe('matmul.nn 70×5×1 42000');
  expect(tilingKey({ ...dispatch, kernel: 'matmul.nn+activation.relu@x~a,flow_1' }, {})).toBe(
    'matmul.nn (a) 70×5×1 42000',
  );
  expect(tilingKey({ ...dispatch, tiles: undefined }, {})).toBeNull();
});

test('what is remembered is not shared', async () => {
  const tilings = memoryTilings();
  await tilings.write('one', { a: '8x8' });
  const read = await tilings.read('one');
  read.a = '4x4';
  expect(await tilings.read('one')).toEqual({ a: '8x8' });
  expect(await tilings.read('other')).toEqual({});
});

describe(`on Dawn${NO_ADAPTER}`, () => {
  let gpu: Awaited<ReturnType<typeof testDevice>>;
  beforeAll(async () => {
    if (!NO_ADAPTER) gpu = await testDevice();
  });
  afterAll(() => gpu?.device.destroy());

  async function results(built: BuiltCase, plan: Plan) {
    const executor = await webgpuExecutor(gpu.device, gpu.description, plan);
    const arrays = await runCase({ ...built, plan }, executor);
    executor.destroy();
    return arrays;
  }

  const limitsOf = (c: OpCase) => [undefined, tightLimits(c)];

  test.skipIf(NO_ADAPTER).each(cases)('$name: every tile gives the same bits, whole and in panels', async (c) => {
    for (const limits of limitsOf(c)) {
      const built = buildCase(c, limits);
      const usual = await results(built, built.plan);
      const tiles = new Set(
        Object.values(built.plan.routines)
          .flat()
          .flatMap(({ tiles = [] }) => tiles.map((t) => t.name)),
      );
      expect(tiles.size).toBeGreaterThan(1);
      for (const name of names.filter((one) => tiles.has(one))) {
        expect(await results(built, tiledPlan(built.plan, name)), name).toEqual(usual);
      }
    }
  });

  test.skipIf(NO_ADAPTER)('autotune tries large launches, remembers its choice, and changes no bit', async () => {
    const c = matmulCase('nn', 200, 150, 120);
    const built = buildCase(c);
    const usual = await results(built, built.plan);
    const tiling: Tiling = {};
    let told = 0;
    const onTuned = () => void told++;
    const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, {
      tiling,
      onTuned,
      tuningBudgetMs: 60_000,
    });
    expect(await runCase(built, executor)).toEqual(usual);
    expect(executor.ledger.held).toBe(built.plan.bytes);
    executor.destroy();
    const large = Object.values(built.plan.routines)
      .flat()
      .filter(({ tiles }) => tiles);
    expect(large.length).toBeGreaterThan(0);
    expect(Object.keys(tiling).sort()).toEqual(
      large.map((dispatch) => tilingKey(dispatch, built.plan.capacity)).sort(),
    );
    expect(told).toBe(1);
    for (const name of Object.values(tiling)) expect(MATMUL_TILES.map((tile) => tile.name)).toContain(name);

    // What is known is taken as it is, whatever it is.
    for (const { name } of MATMUL_TILES) {
      const known = Object.fromEntries(Object.keys(tiling).map((key) => [key, name]));
      const remembering = await webgpuExecutor(gpu.device, gpu.description, built.plan, {
        tiling: known,
        onTuned,
      });
      expect(await runCase(built, remembering)).toEqual(usual);
      expect(new Set(Object.values(known))).toEqual(new Set([name]));
      const first = name === MATMUL_TILES[0].name;
      expect(remembering.tiles!()).toEqual(first ? {} : known);
      remembering.destroy();
    }
    expect(told).toBe(1);
  });

  test.skipIf(NO_ADAPTER)('a tile that is named and that the device cannot run is left for the first', async () => {
    const built = buildCase(matmulCase('nn', 200, 150, 120));
    const usual = await results(built, built.plan);
    const device = await (await findAdapter(dawn))!.requestDevice();
    const keys = Object.values(built.plan.routines)
      .flat()
      .filter(({ tiles }) => tiles)
      .map((dispatch) => tilingKey(dispatch, built.plan.capacity)!);
    const tiling = Object.fromEntries(keys.map((key) => [key, '8x64']));
    const executor = await webgpuExecutor(device, gpu.description, built.plan, { tiling });
    expect(await runCase(built, executor)).toEqual(usual);
    expect(executor.tiles!()).toEqual({});
    executor.destroy();
    device.destroy();
  });

  test.skipIf(NO_ADAPTER)(
    'what there is no time for keeps its first tile, in this run and in all that follow',
    async () => {
      const built = buildCase(matmulCase('nn', 200, 150, 120));
      const tiling: Tiling = {};
      for (const tuningBudgetMs of [-1, 60_000]) {
        const onTuned = () => {};
        const options = { tiling, onTuned, tuningBudgetMs };
        const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, options);
        await runCase(built, executor);
        executor.destroy();
        expect(Object.keys(tiling)).toHaveLength(3);
        expect(new Set(Object.values(tiling))).toEqual(new Set([MATMUL_TILES[0].name]));
      }
    },
  );

  test.skipIf(NO_ADAPTER)(
    'a parameter whose update is part of what is tried changes once a step all the same',
    async () => {
      const built = buildCase(updateCase('adam', 700, 64), undefined, { fuse: true });
      const usual = await results(built, built.plan);
      // All that is not tried is known.
      const tiled = Object.values(built.plan.routines)
        .flat()
        .filter(({ tiles }) => tiles);
      const tried = (kernel: string) => kernel.includes('+optimizer.adam');
      const keyOf = (dispatch: Dispatch) => tilingKey(dispatch, built.plan.capacity)!;
      const tiling: Tiling = Object.fromEntries(
        tiled.filter(({ kernel }) => !tried(kernel)).map((d) => [keyOf(d), d.tiles![0].name]),
      );
      const before = Object.keys(tiling).length;
      const options = { tiling, onTuned: () => {}, tuningBudgetMs: 60_000 };
      const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, options);
      expect(await runCase(built, executor)).toEqual(usual);
      executor.destroy();
      expect(Object.keys(tiling).length).toBeGreaterThan(before);
    },
  );

  test.skipIf(NO_ADAPTER)('autotune leaves small launches alone', async () => {
    const built = buildCase(matmulCase('nn', 60, 30, 40));
    const tiling: Tiling = {};
    const onTuned = () => {
      throw new Error('nothing is large here');
    };
    const executor = await webgpuExecutor(gpu.device, gpu.description, built.plan, { tiling, onTuned });
    await runCase(built, executor);
    executor.destroy();
    expect(tiling).toEqual({});
  });
});
