/** What the page may keep of the predictions of one run: the run reckons with all of it from its beginning. */

export interface HistoryRoom {
  readonly frames: number;
  readonly bytes: number;
}

/** More frames than a slider has pixels are of no use; on the other side, a phone must hold them. */
const MOST: HistoryRoom = { frames: 400, bytes: 64e6 };

/** Of a run that begins with so many epochs to come; more of them by hand get no more room. */
export const historyRoom = (epochs: number): HistoryRoom => ({ ...MOST, frames: Math.min(MOST.frames, epochs) });

/** As many of so many bytes have room; of any size the first one and the latest. */
export const mostFrames = (frameBytes: number, { frames, bytes }: HistoryRoom): number =>
  Math.max(2, Math.min(frames, Math.floor(bytes / Math.max(1, frameBytes))));

/** Of a frame: the class of each node and its confidence. */
export const frameBytes = (nodes: number): number => (2 + 1) * nodes;

/** Of all frames of a run, at the most. */
export const historyBytes = (nodes: number, epochs: number): number =>
  frameBytes(nodes) * mostFrames(frameBytes(nodes), historyRoom(epochs));
