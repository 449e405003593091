/**
 * Slots: which transient values may share one buffer. Greedy by size: the largest value first, each into the first slot
 * that is free during its whole life. A slot is as large as its first value, so no slot ever grows.
 * "Greedy by Size for Shared Objects", Pisarchyk and Lee, arXiv 2001.03288.
 */
export interface Interval {
  readonly bytes: number;
  /** First and last dispatch that touch it, both inclusive, on the timeline of the whole plan. */
  readonly from: number;
  readonly to: number;
}

export interface Slot {
  readonly bytes: number;
  /** Indices into the intervals, in the order in which they were placed. */
  readonly members: number[];
}

export function assignSlots(intervals: readonly Interval[]): Slot[] {
  const order = intervals.map((_, i) => i).sort((a, b) => intervals[b].bytes - intervals[a].bytes || a - b);
  const slots: Slot[] = [];
  for (const i of order) {
    const free = slots.find((slot) => slot.members.every((j) => !overlap(intervals[i], intervals[j])));
    if (free) free.members.push(i);
    else slots.push({ bytes: intervals[i].bytes, members: [i] });
  }
  return slots;
}

export function overlap(a: Interval, b: Interval): boolean {
  return a.from <= b.to && b.from <= a.to;
}
