import { expect, test } from 'vitest';
import { activation, addNode, input, newGraph, state } from '../graph.ts';
import { concatColumns } from '../ops/columns.ts';
import { add } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { firstRows } from '../ops/rows.ts';
import { sparseHalf } from '../ops/sparse.ts';
import { spmm } from '../ops/spmm.ts';
import { symbol, type Value } from '../value.ts';
import { cut, type Level } from './cut.ts';

/** Where a routine is cut. That its parts give what it gives is shown in train/layerwise.test.ts, for every model. */

const ROWS = [0, 1, 2].map((level) => symbol(`rows${level}`));
const LEVELS: Level[] = ROWS.map((_, level) => ({
  routine: `part ${level}`,
  rows: `rows${level}`,
  sources: `sources${level}`,
}));

/** Two hops, each A·(x·W) + x; the first level's rows are read again at the end. */
function twoHops() {
  const g = newGraph();
  g.routine = 'evaluate';
  const block = (hop: number) => {
    const half = sparseHalf(g, `block${hop}`, 'graph', ROWS[hop + 1], ROWS[hop], false, 'step');
    return { forward: half, backward: half, positions: null };
  };
  const x = input(g, 'x', 'features', 'f32', ROWS[0], 8, 'padded', 'step');
  const hop = (h: Value, i: number) => {
    const gathered = spmm(g, block(i), matmul(g, h, state(g, `W${i}`, 'parameters', 8, 8)));
    return add(g, firstRows(g, h, ROWS[i + 1]), gathered);
  };
  const first = hop(x, 0);
  const second = hop(first, 1);
  concatColumns(g, [firstRows(g, x, ROWS[2]), second]);
  return { g, x, first };
}

test('every product is in one part, before the gather that reads it', () => {
  const { g } = twoHops();
  const before = [...g.nodes];
  const { graph } = cut(g, 'evaluate', LEVELS);
  expect(g.nodes).toEqual(before);
  const ops = (level: number) =>
    graph.nodes.filter(({ routine }) => routine === `part ${level}`).map(({ op }) => op.name);
  expect(ops(0)).toEqual(['matmul']);
  expect(ops(1)).toEqual(['spmm', 'add', 'matmul']);
  expect(ops(2)).toEqual(['spmm', 'add', 'concatColumns']);
});

test('what crosses a level is kept where it is computed and written where it is read, of sources or of targets alone', () => {
  const { g, x, first } = twoHops();
  const { graph, parts } = cut(g, 'evaluate', LEVELS);
  const about = parts.map(({ keeps, reads }) => ({
    keeps: keeps.length,
    reads: reads.map(({ from, at, into }) => [from === x ? 'x' : from === first ? 'first' : 'product', at, into.rows]),
  }));
  expect(about).toEqual([
    { keeps: 1, reads: [] },
    {
      keeps: 2,
      reads: [
        ['product', 'sources', symbol('sources1')],
        ['x', 'targets', ROWS[1]],
      ],
    },
    {
      keeps: 0,
      reads: [
        ['product', 'sources', symbol('sources2')],
        ['first', 'targets', ROWS[2]],
        ['x', 'targets', ROWS[2]],
      ],
    },
  ]);
  // No part reads a value that another one computes.
  for (const [level, { routine }] of LEVELS.entries()) {
    const computed = new Set(graph.nodes.filter((node) => node.routine === routine).flatMap(({ outputs }) => outputs));
    for (const node of graph.nodes.filter((each) => each.routine === routine)) {
      for (const value of node.inputs) {
        if (value.lifetime === 'transient') expect(computed.has(value), `${value.name} at level ${level}`).toBe(true);
      }
    }
  }
});

test('what would read over two levels at once is refused', () => {
  const { g, x } = twoHops();
  const out = activation(g, 'out', ROWS[2], 8);
  addNode(g, { name: 'reader', locality: 'row', lower: () => [] }, [x], [out], null);
  expect(() => cut(g, 'evaluate', LEVELS)).toThrow(/'reader' reads x, which is not of the level before/);
});
