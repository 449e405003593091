import { expect, test } from 'vitest';
import { projectorBytes } from '../../worker/embeddingApi.ts';
import type { GraphView } from '../../worker/protocol.ts';
import { embeddingBytes, inUnitSquare, picturedGraph, pictureRows, placeOf, type Told } from './picture.ts';

const GRAPH = {
  classNames: ['a', 'b'],
  positions: null,
  nodeIds: null,
  labels: new Int32Array(0),
} as unknown as GraphView;
const TOLD: Told = {
  hops: [1],
  layer: 0,
  cols: 8,
  nodes: Uint32Array.of(4, 9, 30),
  names: null,
  labels: Int32Array.of(1, -1, 0),
  split: Uint8Array.of(1, 2, 3),
  degrees: Uint32Array.of(5, 6, 7),
  predicted: Uint16Array.of(1, 0, 0xffff),
  confidence: Uint8Array.of(255, 128, 0),
};
const POSITIONS = Float32Array.of(-2, 1, 2, 3, 0, 2);

test('both axes keep their proportion, and y points upwards', () => {
  expect(Array.from(inUnitSquare(POSITIONS))).toEqual([0, 0.5, 1, 0, 0.5, 0.25]);
  expect(Array.from(inUnitSquare(Float32Array.of(3, 3)))).toEqual([0, 0]);
});

test('a sample of a graph that is not drawn is a graph of its own, whose nodes keep their names', () => {
  const drawn = picturedGraph(GRAPH, TOLD, POSITIONS);
  expect(drawn.labels).toBe(TOLD.labels);
  expect(drawn.splits).toEqual([TOLD.split]);
  expect(drawn.nodeIds).toEqual(['node 4', 'node 9', 'node 30']);
  expect(picturedGraph(GRAPH, { ...TOLD, names: ['x', 'y', 'z'] }, POSITIONS).nodeIds).toEqual(['x', 'y', 'z']);
  expect([4, 9, 30, 5, null].map((node) => placeOf(TOLD, node))).toEqual([0, 1, 2, null, null]);
  expect(placeOf({ ...TOLD, nodes: null }, 5)).toBe(5);
});

test('the table has a row for each node of the picture', () => {
  expect(pictureRows(GRAPH, TOLD, POSITIONS)).toEqual([
    ['node', 'label', 'prediction', 'x', 'y'],
    [4, 'b', 'b', -2, 1],
    [9, '', 'a', 2, 3],
    [30, 'a', '', 0, 2],
  ]);
});

test('an embedding takes its rows twice, and a few bytes of each node that is listed', () => {
  const listed = 4 + 4 + 1 + 4 + 2 + 1 + 8;
  expect(embeddingBytes(TOLD, 100)).toBe(projectorBytes(100, 8) + 3 * listed);
});
