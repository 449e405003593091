import { seedGroupKey } from '../../run/seedGroups.ts';
import { startRun } from './runActions.ts';
import { get, isBusy, set, tell } from './store.ts';

/** The same configuration with one seed after another. */

/** Trains with `count` seeds from the one that is set; ends early with a run that is stopped, fails, or is changed by hand. */
export async function trainSeeds(count: number): Promise<void> {
  const { config, graph } = get();
  const first = config['training.seed'];
  if (isBusy(get()) || !graph) return;
  if (!Number.isSafeInteger(first + count - 1)) {
    tell('error', `There are no ${count} seeds from ${first} on: set a smaller seed.`);
    return;
  }
  let key: string | null = null;
  let ran = 0;
  try {
    for (let at = 1; at <= count; at++) {
      set({ series: { at, of: count } });
      const run = await startRun({ config: { ...config, 'training.seed': first + at - 1 } });
      if (!run) break;
      const next = seedGroupKey(run.record);
      if (next === null && get().series) {
        tell('info', 'A run that was changed by hand belongs to no group: the series over seeds ends with it.');
      }
      key = next ?? key;
      ran++;
      if (next === null || !get().series || get().graph !== graph) break;
    }
  } finally {
    set({ series: null });
  }
  const { overlaid } = get();
  if (key !== null && ran > 1 && get().graph === graph && !overlaid.includes(key))
    set({ overlaid: [...overlaid, key] });
}

/** The run that goes on is the last one of its series. */
export function endSeries(): void {
  set({ series: null });
}
