/** Counts bytes that are held on purpose. */
export interface Meter {
  readonly held: number;
  /** The most that were held at once. */
  readonly peak: number;
  add(bytes: number): void;
  remove(bytes: number): void;
}

export function newMeter(): Meter {
  let held = 0;
  let peak = 0;
  return {
    get held() {
      return held;
    },
    get peak() {
      return peak;
    },
    add(bytes) {
      held += bytes;
      peak = Math.max(peak, held);
    },
    remove(bytes) {
      held -= bytes;
    },
  };
}
