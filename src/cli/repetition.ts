import { diffRuns } from '../run/diff.ts';
import type { RunRecord } from '../run/record.ts';
import { asShared } from '../run/runFile.ts';
import { type Verdict, verdict } from '../run/sharedRun.ts';

/** The page says it of a link in sentences; here it ends a line about the file. */
const REASONS: Readonly<Record<Exclude<Verdict, 'identical' | 'same curve, other figures'>, string>> = {
  'different data': 'the graph is another',
  'different settings': 'other settings ran, fitted to a budget or changed by hand',
  'different device': 'it ran on another device',
  'different engine or kernels': 'another version of Edgewise made it, or other kernels ran',
  differs: 'nothing in the file says why',
};

/** How a run stands beside the one in `file` that it repeats, as a line. */
export function describeRepetition(before: RunRecord, after: RunRecord, file: string): string {
  const found = verdict(asShared(before, null), after);
  if (found === 'identical') return `the same curve as in ${file}, bit for bit`;
  if (found === 'same curve, other figures') {
    return `the same curve as in ${file}, bit for bit, but not its figures: those do not belong to its curve`;
  }
  const { firstDifference } = diffRuns(before, after);
  const from = firstDifference === null ? '' : ` from epoch ${firstDifference} on`;
  return `not the curve of ${file}${from}: ${REASONS[found]}`;
}
