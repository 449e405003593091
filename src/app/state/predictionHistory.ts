import { type HistoryRoom, mostFrames } from '../../worker/historyRoom.ts';

/** What the model said of each node, epoch after epoch: as much of it as a page may hold. */

/** Predictions after one epoch. */
export interface Frame {
  readonly epoch: number;
  /** Class of each node. */
  readonly classes: Uint16Array;
  /** Its probability, 0 to 255 for 0 to 1. */
  readonly confidence: Uint8Array;
}

export interface PredictionHistory {
  /** Ascending by epoch; the first and the latest that came are always among them. */
  readonly frames: readonly Frame[];
  /** Beside each frame, the how manieth it was to arrive. */
  readonly arrivals: readonly number[];
  /** Every so manieth that arrives stays. */
  readonly stride: number;
}

export const NO_HISTORY: PredictionHistory = { frames: [], arrivals: [], stride: 1 };

/**
 * The history with one more frame. Pure: frames are shared, not copied. Where there is no room, every second one goes, and of those
 * that follow every second one too, so that what stays is spread evenly over the run. Epochs that come again (after a lost device)
 * take the place of the first ones.
 */
export function withFrame(history: PredictionHistory, frame: Frame, room: HistoryRoom): PredictionHistory {
  const most = mostFrames(bytesOf(frame), room);
  const earlier = history.frames.filter(({ epoch }) => epoch < frame.epoch).length;
  let { stride } = history;
  let kept = history.frames.slice(0, earlier).map((each, i) => ({ each, arrival: history.arrivals[i] }));
  // The latest one stays for being the latest: now it is another.
  const latest = kept.at(-1);
  const arrival = latest ? latest.arrival + 1 : 0;
  kept = kept.filter((one) => one.arrival % stride === 0);
  while (kept.length >= most) {
    stride *= 2;
    kept = kept.filter((one) => one.arrival % stride === 0);
  }
  kept.push({ each: frame, arrival });
  return { frames: kept.map(({ each }) => each), arrivals: kept.map((one) => one.arrival), stride };
}

const bytesOf = ({ classes, confidence }: Frame) => classes.byteLength + confidence.byteLength;

/** Bytes of all frames; the latest is one of them. */
export const heldBytes = ({ frames }: PredictionHistory): number =>
  frames.reduce((sum, frame) => sum + bytesOf(frame), 0);

/** Index of the last frame at or before an epoch, the first one where there is none earlier; -1 without frames. */
export function frameAt({ frames }: PredictionHistory, epoch: number): number {
  const after = frames.findIndex((frame) => frame.epoch > epoch);
  return after === -1 ? frames.length - 1 : Math.max(0, after - 1);
}

/** How many nodes the model takes for another class than in an earlier frame. */
export function changedNodes(now: Frame, before: Frame): number {
  let count = 0;
  for (let v = 0; v < now.classes.length; v++) if (now.classes[v] !== before.classes[v]) count++;
  return count;
}
