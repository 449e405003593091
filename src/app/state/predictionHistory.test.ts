import { describe, expect, test } from 'vitest';
import { frameBytes, historyBytes, historyRoom } from '../../worker/historyRoom.ts';
import {
  changedNodes,
  type Frame,
  frameAt,
  heldBytes,
  NO_HISTORY,
  type PredictionHistory,
  withFrame,
} from './predictionHistory.ts';

const frame = (epoch: number, classes: readonly number[] = [0, 1]): Frame => ({
  epoch,
  classes: Uint16Array.from(classes),
  confidence: new Uint8Array(classes.length),
});
const epochs = ({ frames }: PredictionHistory) => frames.map(({ epoch }) => epoch);

const ROOM = historyRoom(1000);

/** The history after epochs 1 to `last`. */
function until(last: number, room = ROOM): PredictionHistory {
  let history = NO_HISTORY;
  for (let epoch = 1; epoch <= last; epoch++) history = withFrame(history, frame(epoch), room);
  return history;
}

describe('the history of predictions', () => {
  test('keeps every frame while there is room, and the history before stays as it was', () => {
    const three = until(3);
    expect(epochs(withFrame(three, frame(4), ROOM))).toEqual([1, 2, 3, 4]);
    expect(epochs(three)).toEqual([1, 2, 3]);
  });

  test('when it is full, what stays is spread evenly, with the first and the latest', () => {
    const room = { frames: 8, bytes: 1e6 };
    for (let last = 1; last <= 100; last++) {
      const kept = epochs(until(last, room));
      expect(kept.length).toBeLessThanOrEqual(8);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(last, 4));
      expect([kept[0], kept.at(-1)]).toEqual([1, last]);
      const gaps = kept.slice(1, -1).map((epoch, i) => epoch - kept[i]);
      expect(new Set(gaps).size).toBeLessThanOrEqual(1);
    }
  });

  test('holds no more bytes than it may, however many nodes there are, and never less than two frames', () => {
    // Two nodes: 6 bytes a frame.
    expect(until(50, { frames: 400, bytes: 30 }).frames.length).toBeLessThanOrEqual(5);
    expect(epochs(until(50, { frames: 400, bytes: 1 }))).toEqual([1, 50]);
  });

  test('epochs that come again take the place of the first ones', () => {
    const again = withFrame(until(5), frame(3, [1, 1]), ROOM);
    expect(epochs(again)).toEqual([1, 2, 3]);
    expect([...again.frames[2].classes]).toEqual([1, 1]);
  });

  test('finds the frame at or before an epoch', () => {
    const history = [2, 5, 9].reduce((so, epoch) => withFrame(so, frame(epoch), ROOM), NO_HISTORY);
    expect([1, 2, 4, 5, 8, 9, 100].map((epoch) => frameAt(history, epoch))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(frameAt(NO_HISTORY, 3)).toBe(-1);
  });

  test('counts the nodes that are taken for another class', () => {
    expect(changedNodes(frame(2, [0, 1, 2, 3]), frame(1, [0, 2, 2, 1]))).toBe(2);
  });
});

test.each([
  // By the epochs, by their number, by their bytes, and so large that only the first one and the latest have room.
  [10, 15, 15],
  [10, 1000, 400],
  [100_000, 1000, 213],
  [20_000_000, 1000, 2],
])('the frames of %i nodes over %i epochs take what a run reckons with, and no more', (nodes, epochs, most) => {
  expect(historyBytes(nodes, epochs)).toBe(most * frameBytes(nodes));
  let [history, peak] = [NO_HISTORY, 0];
  const like = { classes: { byteLength: 2 * nodes }, confidence: { byteLength: nodes } } as Frame;
  // More of them are asked for by hand.
  for (let epoch = 1; epoch <= 2000; epoch++) {
    history = withFrame(history, { ...like, epoch }, historyRoom(epochs));
    peak = Math.max(peak, heldBytes(history));
  }
  expect(peak).toBe(historyBytes(nodes, epochs));
});
