import { expect, test } from 'vitest';
import { arrange } from '../graph/arrange.ts';
import { nastyGraphData, withLabelSets } from '../graph/testGraphs.ts';
import { predictionLines } from './predictionLines.ts';

const split = Uint8Array.of(1, 2, 3, 0);

function linesOf(several: boolean, probabilities: number[], of: Uint8Array | undefined): string[] {
  const data = { ...nastyGraphData(10, 1), nodeIds: null };
  const graph = arrange(several ? withLabelSets(data) : data);
  const all = new Float32Array(4 * graph.nodes);
  all.set(probabilities);
  return [...predictionLines(graph, of, all)].join('\n').split('\n');
}

test('a line says what is predicted, what is true, in which part of the split, and how likely each class is', () => {
  const lines = linesOf(false, [0.1, 0.2, 0.3, 0.4, 0.25, 0.75, 0, 0], split);
  expect(lines.slice(0, 3)).toEqual([
    'node,class,true,split,a,b,c,d',
    '0,d,a,train,0.1,0.2,0.3,0.4',
    '1,b,b,val,0.25,0.75,0,0',
  ]);
  // Without a label, and in no part.
  expect(lines[9]).toBe('8,a,,,0,0,0,0');
  expect(linesOf(false, [], undefined)[1]).toBe('0,a,a,,0,0,0,0');
});

test('several labels are joined', () => {
  const lines = linesOf(true, [0.9, 0.6, 0.3, 0.4, 0.25, 0.25, 0, 0], split);
  expect(lines.slice(0, 3)).toEqual([
    'node,labels,true,split,a,b,c,d',
    '0,a;b,a;b,train,0.9,0.6,0.3,0.4',
    '1,,b,val,0.25,0.25,0,0',
  ]);
});
