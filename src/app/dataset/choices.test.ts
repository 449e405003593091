import { expect, test } from 'vitest';
import { withColumn, withTable, withVariable } from './choices.ts';

test('a role that one column has is taken from the one that had it', () => {
  const first = withColumn({ directed: true }, 'e.csv', 2, 'source');
  const second = withColumn(withColumn(first, 'e.csv', 1, 'ignore'), 'e.csv', 3, 'source');
  expect(second).toEqual({
    directed: true,
    tables: [
      {
        file: 'e.csv',
        columns: [
          { column: 1, role: 'ignore' },
          { column: 3, role: 'source' },
        ],
      },
    ],
  });
  const splits = withColumn(withColumn({}, 'n.csv', 0, 'split'), 'n.csv', 1, 'split');
  expect(splits.tables?.[0].columns).toHaveLength(2);
  expect(withColumn(splits, 'n.csv', 0, 'feature').tables?.[0].columns).toContainEqual({ column: 0, role: 'feature' });
});

test('columns are chosen anew where a table is cut otherwise or is another kind, and only then', () => {
  const chosen = withColumn(withColumn({}, 'a.csv', 0, 'label'), 'b.csv', 0, 'target');
  const named = withTable(chosen, 'a.csv', { header: true });
  expect(named.tables?.find(({ file }) => file === 'a.csv')?.columns).toHaveLength(1);
  expect(withTable(named, 'a.csv', { delimiter: 'tab' }).tables).toEqual([
    { file: 'b.csv', columns: [{ column: 0, role: 'target' }] },
    { file: 'a.csv', header: true, delimiter: 'tab', columns: [] },
  ]);
  const kinds = withTable(withTable(chosen, 'a.csv', { kind: 'nodes' }), 'b.csv', { kind: 'nodes' });
  expect(kinds.tables).toEqual([
    { file: 'a.csv', kind: undefined, columns: [] },
    { file: 'b.csv', kind: 'nodes', columns: [] },
  ]);
});

test('variables are chosen by their names, and none is a choice', () => {
  expect(withVariable(withVariable({}, 'network', 'W'), 'labels', null)).toEqual({
    matNames: { network: 'W', labels: null },
  });
});
