import { formatCount } from '../theme/format.ts';

/** One bar: its length as a share of the track, and the count that it stands for. */
export interface Row {
  readonly label: string;
  readonly share: number;
  readonly text: string;
}

/** The degrees of a bin of a `DegreeHistogram`: 0, 1, 2–3, 4–7 and so on. */
export function degreeRange(bin: number): string {
  if (bin < 2) return String(bin);
  return `${formatCount(2 ** (bin - 1))}–${formatCount(2 ** bin - 1)}`;
}

/** Counts as shares of `whole`. */
export function shareRows(counts: readonly (readonly [label: string, count: number])[], whole: number): Row[] {
  return counts.map(([label, count]) => ({ label, share: whole > 0 ? count / whole : 0, text: formatCount(count) }));
}
