import { describe, expect, test } from 'vitest';
import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import { endsAfter, winningFigure } from './selection.ts';
import { predict, train } from './session.ts';
import { BACKENDS, CPU } from './testing/backends.ts';
import { expectSameBits } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph, withoutValidation } from './testing/graphs.ts';

/** Which epoch is kept, when a run ends early, and the figures that decide it. */

describe('the rule', () => {
  const best = (figure: number) => ({
    epoch: 3,
    figure,
    test: { accuracy: 0, microF1: 0, macroF1: 0, weightedF1: 0 },
    confusion: null,
  });
  const byMetric = configOf({ 'training.select': 'valMetric' });
  const says = (loss: number, metric: number, nodes = 9) => ({ loss, metric, nodes });

  test.each([
    ['a lower loss wins', configOf(), best(2), says(1, 0), 1],
    ['an equal one does not', configOf(), best(2), says(2, 1), null],
    ['a higher metric wins', byMetric, best(0.5), says(9, 0.6), 0.6],
    ['an equal one does not', byMetric, best(0.5), says(0, 0.5), null],
    ['the first epoch wins', byMetric, null, says(1, Number.NaN), Number.NaN],
    ['any number wins against none', configOf(), best(Number.NaN), says(1, 0), 1],
    ['no number never wins', configOf(), best(2), says(Number.NaN, 0), null],
    ['without validation nodes the last wins', byMetric, best(0.5), says(0, 0, 0), 0],
  ] as const)('%s', (_, config, before, validation, expected) => {
    expect(winningFigure(config, before, validation)).toBe(expected);
  });

  test.each([
    [0, 9, false],
    [0, 10, true],
    [4, 6, false],
    [4, 7, true],
  ])('patience %i after epoch %i of 10, the best being 3', (patience, epoch, expected) => {
    const config = configOf({ 'training.epochs': 10, 'training.patience': patience });
    expect(endsAfter(config, epoch, best(1))).toBe(expected);
  });
});

/** Overshoots: the validation figures rise and fall. */
const WAVY = { 'training.epochs': 40, 'training.lr': 0.3, 'model.dropout': 0 } as const satisfies Partial<Config>;
const two = testGraph({ nodes: 200, classes: 2 });

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  const run = (changes: Partial<Config>, graph = two) =>
    train({ graph, config: configOf({ ...WAVY, ...changes }), backend, fit: false });

  test.skipIf(missing).each([
    ['the loss', { 'training.select': 'valLoss' }],
    ['the accuracy', { 'training.select': 'valMetric' }],
    ['the ROC-AUC', { 'training.select': 'valMetric', 'task.metric': 'rocAuc' }],
    ['the ROC-AUC, in batches', { ...SAMPLED, 'training.select': 'valMetric', 'task.metric': 'rocAuc' }],
    ['the macro F1', { 'training.select': 'valMetric', 'task.metric': 'macroF1' }],
  ] as const)('patience ends a run, the epoch is chosen by %s, and its weights are kept', async (_, changes) => {
    const whole = await run(changes);
    const patient = await run({ ...changes, 'training.patience': 5 });
    const ended = patient.epochs.length;
    const best = patient.result.bestEpoch;
    expect([ended, ended < 40]).toEqual([best + 5, true]);
    // The same run, as far as it went.
    expectSameBits(patient, await run({ ...changes, 'training.epochs': ended }));
    const figures = whole.epochs.map((e) => (changes['training.select'] === 'valLoss' ? -e.valLoss : e.valMetric));
    expect(whole.result.bestEpoch).toBe(figures.indexOf(Math.max(...figures)) + 1);
    expect([...patient.weights]).toEqual([...(await run({ ...changes, 'training.epochs': best })).weights]);
  });

  test.skipIf(missing)(
    'without validation nodes patience waits for nothing: every epoch is the best so far',
    async () => {
      const { epochs, result } = await run({ 'training.patience': 2, 'training.epochs': 8 }, withoutValidation(two));
      expect([epochs.length, result.bestEpoch]).toEqual([8, 8]);
    },
  );

  test.skipIf(missing).each([
    ['full batch', {}],
    ['in batches', { ...SAMPLED, 'evaluation.fanOut': [-1] }],
  ] as const)('the ROC-AUC of every epoch, within the forecast: %s', async (_, changes) => {
    const { epochs, result, memory } = await run({ ...changes, 'task.metric': 'rocAuc' });
    const figures = epochs.map(({ valMetric }) => valMetric);
    expect(new Set(figures).size).toBeGreaterThan(5);
    expect(Math.min(...figures)).toBeGreaterThan(0);
    expect(Math.max(...figures)).toBeLessThanOrEqual(1);
    // Once while the run went on, once from the weights that were put back.
    expect(epochs[result.bestEpoch - 1].testMetric).toBe(result.testRocAuc);
    expect(result.metric).toBe('rocAuc');
    expect(memory.peak.host).toBeLessThanOrEqual(memory.forecast.host);
  });

  test.skipIf(missing)('the confusion matrix is that of the predictions for the test nodes', async () => {
    const graph = testGraph({ nodes: 200 });
    const { result, weights } = await run({}, graph);
    const { probabilities } = await predict({ graph, config: configOf(), backend, fit: false, weights });
    const expected = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (const [node, code] of graph.splits[0].entries()) {
      const row = probabilities.subarray(4 * node, 4 * node + 4);
      if (code === SPLIT.test) expected[graph.labels[node]][row.indexOf(Math.max(...row))]++;
    }
    expect(result.confusion).toEqual(expected);
    const right = expected.reduce((sum, row, i) => sum + row[i], 0);
    const total = expected.flat().reduce((sum, n) => sum + n, 0);
    expect([result.testAcc, result.testMicroF1]).toEqual([right / total, right / total]);
  });
});

test('patience can be changed by hand, and the replay ends where the run did', async () => {
  const config = configOf({ ...WAVY, 'training.patience': 1 });
  const events = [{ step: 1, key: 'training.patience', value: 6 }] as const;
  const patient = await train({ graph: two, config, backend: CPU.backend, fit: false, events });
  expect(patient.epochs.length).toBe(patient.result.bestEpoch + 6);
  expect(patient.events).toEqual(events);
  const again = await train({ graph: two, config, backend: CPU.backend, fit: false, events: patient.events });
  expectSameBits(again, patient);
});

test('a ROC-AUC of more than two classes is refused', async () => {
  const config = configOf({ 'task.metric': 'rocAuc' });
  const asked = train({ graph: testGraph(), config, backend: CPU.backend, fit: false });
  await expect(asked).rejects.toThrow(/^task\.metric cannot be rocAuc: .* has 4 classes, not two; .*\.$/);
});

test('more than 64 classes have no confusion matrix', async () => {
  const graph = testGraph();
  const many = { ...graph, classNames: Array.from({ length: 65 }, (_, i) => `class ${i}`) };
  const { result } = await train({ graph: many, config: configOf(), backend: CPU.backend, fit: false });
  expect(result.confusion).toBeNull();
});
