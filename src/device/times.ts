/** Time of one dispatch of a plan, summed over the launches that were timed. */
export interface KernelTime {
  readonly routine: string;
  /** Within the routine. */
  readonly dispatch: number;
  readonly ms: number;
  readonly launches: number;
}

/**
 * Times dispatches one by one, on demand: from `start` to `stop` a run waits until its times are there, so a profiled run
 * takes longer than its kernels. No result depends on it. Dispatches of which no time could be had are left out.
 */
export interface Profile {
  /** @param onLaunch told of every launch that was timed, in order */
  start(onLaunch?: OnLaunch): void;
  stop(): Promise<readonly KernelTime[]>;
}

/**
 * One launch of a dispatch, in milliseconds of performance.now(). Launches never overlap. A GPU has a clock of its own, whose
 * zero the host does not know: there, times within a run are the device's, and the whole run is placed as the host saw it.
 */
export type OnLaunch = (routine: string, dispatch: number, begin: number, end: number) => void;

/** Adds up. */
export interface Times {
  add(routine: string, dispatch: number, ms: number): void;
  /** In the order of the plan. */
  list(): readonly KernelTime[];
}

/** @param routines in the order in which they are listed */
export function newTimes(routines: readonly string[]): Times {
  const sums = new Map<string, { ms: number; launches: number }[]>(routines.map((routine) => [routine, []]));
  return {
    add(routine, dispatch, ms) {
      const list = sums.get(routine)!;
      const sum = list[dispatch] ?? { ms: 0, launches: 0 };
      list[dispatch] = { ms: sum.ms + ms, launches: sum.launches + 1 };
    },
    list: () =>
      [...sums].flatMap(([routine, list]) =>
        // Sparse where a dispatch was never launched: flatMap passes over what is not there.
        list.flatMap((sum, dispatch) => ({ routine, dispatch, ...sum })),
      ),
  };
}
