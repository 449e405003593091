import { formatValue } from '../../config/describe.ts';
import type { Config, ConfigKey } from '../../config/schema.ts';
import { oneOfEachSeed, seedGroupKey } from '../../run/seedGroups.ts';
import type { KeptRun } from './keptRuns.ts';

/** Kept runs that differ in nothing but their seed. */
export interface SeedRuns {
  /** By which it is overlaid. */
  readonly key: string;
  /** Oldest first, repetitions of a seed among them. */
  readonly runs: readonly KeptRun[];
  /** One of each seed, in the order of the seeds: what a mean is taken of. At least two. */
  readonly samples: readonly KeptRun[];
}

/** Runs that were opened from files are groups of their own: nobody has seen them run. */
export function seedRuns(kept: readonly KeptRun[]): SeedRuns[] {
  const byKey = new Map<string, KeptRun[]>();
  for (const run of kept) {
    const common = seedGroupKey(run.record);
    if (common === null) continue;
    const key = run.openedFrom === undefined ? common : `opened ${common}`;
    byKey.set(key, [...(byKey.get(key) ?? []), run]);
  }
  return [...byKey]
    .map(([key, runs]) => ({ key, runs, samples: oneOfEachSeed(runs) }))
    .filter(({ samples }) => samples.length > 1);
}

/** What a table of the runs shows, newest first: a group stands where its newest run would. */
export function tableRows(kept: readonly KeptRun[]): (KeptRun | SeedRuns)[] {
  const groups = seedRuns(kept);
  const newest = (group: SeedRuns) => group.runs.at(-1);
  return kept.toReversed().flatMap((run): (KeptRun | SeedRuns)[] => {
    const group = groups.find(({ runs }) => runs.includes(run));
    if (!group) return [run];
    return newest(group) === run ? [group] : [];
  });
}

/** The configuration that ran. */
export function ranWith({ record }: KeptRun): Config {
  return { ...record.config, ...record.fitted };
}

/** One value in words, or all of them; whole numbers that follow one another as `1–5`. */
export function settingOf(runs: readonly KeptRun[], key: ConfigKey): string {
  const values = [...new Set(runs.map((run) => formatValue(key, ranWith(run)[key])))];
  const numbers = values.map(Number).sort((a, b) => a - b);
  const inARow = numbers.length > 2 && numbers.every((value, i) => i === 0 || value === numbers[i - 1] + 1);
  return inARow ? `${numbers[0]}–${numbers.at(-1)}` : values.join(', ');
}
