import { type ConfigChange, diffConfigs, sameValue } from '../config/describe.ts';
import { CONFIG_KEYS, type Config, type ConfigKey } from '../config/schema.ts';
import { CURVE_COLUMNS, type RunEvent, type RunRecord } from './record.ts';

/** What separates two runs: "mine beside yours", and the "what changed" column of a table of runs. */
export interface RunDiff {
  /** Keys of the configuration that ran, fitting included. */
  readonly config: readonly ConfigChange[];
  readonly sameData: boolean;
  readonly sameDevice: boolean;
  readonly sameEngine: boolean;
  readonly sameKernels: boolean;
  readonly sameEvents: boolean;
  /** The two curves are the same, bit for bit. */
  readonly sameCurve: boolean;
  /** The first epoch whose losses or accuracies differ, or that only one run has; null where the curves are the same. */
  readonly firstDifference: number | null;
  /** Test accuracy of the second minus that of the first, as a fraction. */
  readonly testAcc: number;
}

export function diffRuns(before: RunRecord, after: RunRecord): RunDiff {
  const firstDifference = firstDifferingEpoch(before, after);
  return {
    config: diffConfigs({ ...before.config, ...before.fitted }, { ...after.config, ...after.fitted }),
    sameData: before.dataset.fingerprint === after.dataset.fingerprint,
    sameDevice: JSON.stringify(before.device) === JSON.stringify(after.device),
    sameEngine: before.engine === after.engine,
    sameKernels: before.kernels === after.kernels,
    sameEvents: sameEvents(before.events, after.events),
    // The hash speaks for a record without its curve too (a link carries a quantised one).
    sameCurve: before.result.curveHash === after.result.curveHash,
    firstDifference,
    testAcc: after.result.testAcc - before.result.testAcc,
  };
}

function sameEvents(a: readonly RunEvent[], b: readonly RunEvent[]): boolean {
  const text = (events: readonly RunEvent[]) =>
    JSON.stringify(events.map(({ step, key, value }) => [step, key, value]));
  return text(a) === text(b);
}

function firstDifferingEpoch(a: RunRecord, b: RunRecord): number | null {
  const shared = Math.min(a.epochs.length, b.epochs.length);
  for (let i = 0; i < shared; i++) {
    // Object.is: two NaNs agree.
    const same = CURVE_COLUMNS.every((key) => Object.is(Math.fround(a.epochs[i][key]), Math.fround(b.epochs[i][key])));
    if (!same) return a.epochs[i].epoch;
  }
  const longer = a.epochs.length > b.epochs.length ? a : b;
  return longer.epochs.length > shared ? longer.epochs[shared].epoch : null;
}

/** The keys in which some of the runs differ as they ran, fitting included, in the table's order. */
export function varyingKeys(records: readonly RunRecord[]): ConfigKey[] {
  const [first, ...others] = records.map(({ config, fitted }): Config => ({ ...config, ...fitted }));
  return CONFIG_KEYS.filter((key) => others.some((other) => !sameValue(first[key], other[key])));
}
