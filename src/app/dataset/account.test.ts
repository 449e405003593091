import { expect, test } from 'vitest';
import type { GraphAccount } from '../../worker/protocol.ts';
import { accountLines } from './account.ts';

const ONE: GraphAccount = {
  name: 'one edge',
  nodes: 2,
  named: true,
  listed: 1,
  dropped: { loops: 0, duplicates: 0 },
  edges: 1,
  directed: false,
  weighted: false,
  features: { kind: 'dense', count: 1 },
  classes: 0,
  classNames: [],
  unlabelled: 2,
  labelsPerNode: null,
  splits: [],
  notes: [],
  statistics: {
    degrees: { bins: [], mean: 1, median: 1, largest: 1 },
    classes: { nodes: [], unlabelled: 2 },
    splits: [],
    homophily: null,
  },
};

test('one of a thing is not several', () => {
  expect(accountLines(ONE)).toEqual([
    '2 nodes, by the names in the file.',
    '1 edge listed: 1 pair of neighbours, each in both directions, without weights.',
    '1 feature of each node (dense).',
    'No labels: nothing to train for.',
  ]);
  expect(accountLines({ ...ONE, listed: 3, edges: 2 })[1]).toMatch(/^3 edges listed: 2 pairs of neighbours/);
});
