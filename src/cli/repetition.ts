import { diffRuns, type RunDiff } from '../run/diff.ts';
import type { RunRecord } from '../run/record.ts';

/** Why a repetition may differ; the first that is so is said. */
const REASONS: readonly [(diff: RunDiff, before: RunRecord) => boolean, string][] = [
  [({ sameData }) => !sameData, 'the graph is another'],
  [(_, { events }) => events.length > 0, 'it was changed by hand while it ran'],
  [({ sameDevice }) => !sameDevice, 'it ran on another device'],
  [({ sameEngine }) => !sameEngine, 'another version of Edgewise made it'],
  [({ config }) => config.length > 0, 'its fitted settings are others'],
  [({ sameKernels }) => !sameKernels, 'other kernels ran'],
];

/** How a run stands beside the one in `file` that it repeats, as a line. */
export function describeRepetition(before: RunRecord, after: RunRecord, file: string): string {
  const diff = diffRuns(before, after);
  if (diff.sameData && diff.sameCurve) return `the same curve as in ${file}, bit for bit`;
  const reason = REASONS.find(([holds]) => holds(diff, before))?.[1] ?? 'nothing in the file says why';
  const from = diff.firstDifference === null ? '' : ` from epoch ${diff.firstDifference} on`;
  return `not the curve of ${file}${from}: ${reason}`;
}
