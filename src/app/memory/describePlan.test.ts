import { describe, expect, test } from 'vitest';
import { type Config, DEFAULTS } from '../../config/schema.ts';
import {
  describeCapacity,
  describeChanges,
  describeItem,
  describeLedger,
  describeStrategy,
  describeTime,
  ledgerOf,
  withSeparators,
} from './describePlan.ts';
import { layoutPlan } from './planGeometry.ts';
import { planRows } from './planRows.ts';
import { testForecast, testPicture } from './testPicture.ts';

const SAMPLED = { 'sampling.strategy': 'neighbor', 'sampling.batchSize': 512, 'sampling.fanOut': [15, 10] } as const;
const LIKEWISE = {
  'evaluation.strategy': 'neighbor',
  'evaluation.batchSize': 512,
  'evaluation.fanOut': [15, 10],
} as const;
const forecast = (asked: Partial<Config>, fitted: Partial<Config> = {}, stepsPerEpoch = 1) =>
  testForecast({ config: { ...DEFAULTS, ...asked }, fitted, stepsPerEpoch });

describe('describeStrategy', () => {
  test.each([
    ['nothing asked', forecast({}), 'Full batch: the whole graph at once, one step per epoch.'],
    [
      'a budget that is no trouble',
      forecast({ 'memory.gpuBudget': 16e6 }),
      'Fits in 16 MB as a full batch: the whole graph at once, one step per epoch.',
    ],
    [
      'two budgets',
      forecast({ ...SAMPLED, ...LIKEWISE, 'memory.gpuBudget': 4e6, 'memory.workerBudget': 150e6 }, {}, 2),
      'Fits in 4 MB, 150 MB (worker), sampled as asked for: batches of 512 seed nodes (fan-out 15, 10), 2 steps per epoch; evaluation likewise.',
    ],
    [
      'several batches to a step',
      forecast({ ...SAMPLED, ...LIKEWISE, 'training.accumulate': 4 }, {}, 3),
      'Sampled: batches of 512 seed nodes (fan-out 15, 10), 4 to a step, 3 steps per epoch; evaluation likewise.',
    ],
    [
      'sampled to fit',
      forecast({ 'memory.gpuBudget': 4e6 }, { ...SAMPLED, ...LIKEWISE }, 1234),
      'Fits in 4 MB by sampling: batches of 512 seed nodes (fan-out 15, 10), 1,234 steps per epoch; evaluation likewise.',
    ],
    [
      'evaluation stays whole',
      forecast({ 'memory.gpuBudget': 4e6 }, SAMPLED, 4),
      'Fits in 4 MB by sampling: batches of 512 seed nodes (fan-out 15, 10), 4 steps per epoch; evaluation on the whole graph.',
    ],
    [
      'sampled by wish',
      forecast({ ...SAMPLED, 'evaluation.strategy': 'neighbor', 'evaluation.fanOut': [-1] }, {}, 4),
      'Sampled: batches of 512 seed nodes (fan-out 15, 10), 4 steps per epoch; evaluation in batches of 4,096 seed nodes (fan-out all).',
    ],
    [
      'sampled by wish, smaller to fit',
      forecast({ ...SAMPLED, 'memory.gpuBudget': 1e6 }, { 'sampling.batchSize': 64 }, 31),
      'Fits in 1 MB with smaller batches: batches of 64 seed nodes (fan-out 15, 10), 31 steps per epoch; evaluation on the whole graph.',
    ],
    [
      'sampled by wish, recomputed to fit',
      forecast({ ...SAMPLED, 'memory.gpuBudget': 1e6 }, { 'compute.recompute': 'tree' }, 4),
      'Fits in 1 MB, sampled as asked for: batches of 512 seed nodes (fan-out 15, 10), 4 steps per epoch; evaluation on the whole graph.',
    ],
    [
      'without a graph there is no fan-out',
      forecast({ ...SAMPLED, ...LIKEWISE, 'model.kind': 'mlp' }, {}, 4),
      'Sampled: batches of 512 seed nodes, 4 steps per epoch; evaluation likewise.',
    ],
    [
      'evaluation alone in batches',
      forecast(LIKEWISE),
      'Full batch: evaluation in batches of 512 seed nodes (fan-out 15, 10), one step per epoch.',
    ],
    [
      'exact evaluation in batches',
      forecast({ ...SAMPLED, 'evaluation.strategy': 'auto' }, { 'evaluation.strategy': 'layerwise' }, 4),
      'Sampled: batches of 512 seed nodes (fan-out 15, 10), 4 steps per epoch; evaluation layer by layer, in batches of 4,096 nodes with all their neighbours.',
    ],
  ])('%s', (_, view, sentence) => {
    expect(describeStrategy(view)).toBe(sentence);
  });
});

test('describeChanges names what the fitter changed, and nothing where it changed nothing', () => {
  expect(describeChanges(forecast({}))).toEqual([]);
  const changes = describeChanges(forecast({}, { ...SAMPLED, ...LIKEWISE }));
  expect(changes.map((change) => change.replace(/^.*? (?=full batch|all|\d)/, ''))).toEqual([
    'full batch → neighbour sampling',
    '1,024 → 512',
    'full batch → neighbour sampling',
    '4,096 → 512',
    'all → 15, 10',
  ]);
  expect(new Set(changes).size).toBe(changes.length);
});

test('describeCapacity tells a bound from a probe', () => {
  const of = (capacityFrom: 'worst case' | 'probe' | null) => describeCapacity(testForecast({ capacityFrom }));
  expect(of(null)).toBe('');
  expect(of('worst case')).toMatch(/worst case/);
  expect(of('probe')).toMatch(/probe .* split/);
});

test('describeTime', () => {
  const picture = testPicture();
  expect(describeTime(picture, 0, 9)).toBe('the whole run');
  expect(describeTime(picture, 1, 3)).toBe('train 2–4 of 6');
  expect(describeTime(picture, 5, 5)).toBe('train 6 of 6');
  expect(describeTime(picture, 6, 7)).toBe('evaluate 1–2 of 4');
  expect(describeTime(picture, 5, 6)).toBe('from train 6 to evaluate 1');
});

test('describeItem says what, how large, when, and with whom the slot is shared', () => {
  const picture = testPicture();
  const layout = layoutPlan(picture, { width: 500, height: 300 }, 15_000);
  const texts = layout.items.map((item) => describeItem(picture, layout, item));
  expect(texts.find(({ title }) => title === 'h2')).toEqual({
    title: 'h2',
    purpose: 'activations',
    lines: ['500 bytes', 'evaluate 1–2 of 4', 'one of 2 in turn in slot 0 (2,000 bytes)'],
  });
  expect(texts.find(({ title }) => title === 'W')?.lines).toEqual(['4,000 bytes', 'the whole run']);
  expect(texts.find(({ title }) => title === 'read-back')?.lines).toEqual(['500 bytes', 'the whole run']);
  expect(texts.find(({ title }) => title === '5 small buffers')).toMatchObject({
    purpose: 'weights',
    lines: ['10 bytes', 'the largest: tiny 0, 2 bytes'],
  });
});

describe('the ledger', () => {
  const plan = testForecast();
  const none = { gpu: 0, host: 0, disk: 0 };
  const memory = (purposes: Record<string, number>) => ({ ...none, peak: none, purposes });

  test('meets the plan to the byte, or says by how much it does not', () => {
    expect(ledgerOf(plan, null, 'webgpu')).toEqual({ held: null, expected: plan.picture.bytes });
    const { held, expected } = ledgerOf(plan, memory(plan.purposes), 'webgpu');
    expect(held).toBe(expected);
    expect(describeLedger(held, expected)).toBe('ledger = plan: 14,510 bytes');
    expect(describeLedger(null, expected)).toBe('predicted peak 14,510 bytes');
    expect(describeLedger(expected - 1, expected)).toBe('ledger 14,509 of 14,510 bytes');
    expect(describeLedger(expected + 1000, expected)).toBe('ledger 15,510 bytes: 1,000 above the plan');
  });

  test('on the CPU, read-back and dispatch parameters are not there', () => {
    const { staging, ...rest } = plan.purposes;
    const { held, expected } = ledgerOf(plan, memory(rest), 'cpu');
    expect(expected).toBe(plan.picture.bytes - staging);
    expect(held).toBe(expected);
  });
});

test('withSeparators leaves short numbers and words alone', () => {
  expect(withSeparators('memory.gpuBudget is 1000000 bytes, but 2048 are 4816316.')).toBe(
    'memory.gpuBudget is 1,000,000 bytes, but 2048 are 4,816,316.',
  );
});

describe('planRows', () => {
  test('the largest buffers, and who lives in them', () => {
    const rows = planRows(testPicture(), 5);
    expect(rows.map(({ name }) => name)).toEqual(['W', 'm', 'X', 'slot 0', 'slot 1']);
    expect(rows[0].lives).toBe('the whole run');
    expect(rows[3].lives).toBe('h1 (train 2–4 of 6), h2 (evaluate 1–2 of 4)');
  });

  test('names three and counts the others', () => {
    const picture = testPicture();
    const crowd = [2, 3, 4, 5, 6].map((at) => ({ ...picture.blocks[10], name: `v${at}`, from: at, to: at }));
    const [row] = planRows({ ...picture, blocks: crowd }, 12).filter(({ name }) => name === 'slot 1');
    expect(row.lives).toBe('v2 (train 3 of 6), v3 (train 4 of 6), v4 (train 5 of 6) and 2 more in turn');
  });
});
