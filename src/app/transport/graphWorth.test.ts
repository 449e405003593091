import { describe, expect, it } from 'vitest';
import type { Config } from '../../config/schema.ts';
import { exampleRun, randomFrom } from '../../run/linkExamples.ts';
import type { RunRecord } from '../../run/record.ts';
import type { KeptRun } from '../runs/keptRuns.ts';
import { worthOf } from './graphWorth.ts';

const example = exampleRun(randomFrom(1));

function kept(id: number, kind: Config['model.kind'], testAcc: number, changes: Partial<RunRecord> = {}): KeptRun {
  const config = { ...example.config, 'model.kind': kind, ...changes.config };
  const record = { ...example, events: [], result: { ...example.result, testAcc }, ...changes, config };
  return { id, at: id, datasetId: 'here', catalogueId: null, record };
}

const other = (change: Partial<Config>) => ({ config: { ...example.config, ...change } });

describe('what the graph is worth', () => {
  const gcn = kept(1, 'gcn', 0.9);
  const mlp = kept(2, 'mlp', 0.7);

  it('is the difference between the newest run and its counterpart', () => {
    expect(worthOf([gcn, mlp], 'here')).toEqual({ withGraph: 0.9, without: 0.7 });
    expect(worthOf([mlp, gcn], 'here')).toEqual({ withGraph: 0.9, without: 0.7 });
  });

  it.each<[string, KeptRun[]]>([
    ['one run alone', [gcn]],
    ['two runs with the graph', [gcn, kept(2, 'gcn', 0.8)]],
    ['another seed', [gcn, kept(2, 'mlp', 0.7, other({ 'model.kind': 'mlp', 'training.seed': 77 }))]],
    ['fewer epochs', [gcn, kept(2, 'mlp', 0.7, other({ 'model.kind': 'mlp', 'training.epochs': 1 }))]],
    [
      'a run that was stopped',
      [
        gcn,
        kept(2, 'mlp', 0.7, {
          events: [{ step: 3, key: 'training.epochs', value: 3 }],
          ...other({ 'model.kind': 'mlp' }),
        }),
      ],
    ],
    ['another graph', [gcn, { ...mlp, datasetId: 'there' }]],
    ['a run out of a file', [gcn, { ...mlp, openedFrom: 'run.json' }]],
  ])('is not told from %s', (_, runs) => {
    expect(worthOf(runs, 'here')).toBeNull();
  });
});
