import { DeviceError } from '../../config/errors.ts';
import { type Plan, TIMES_READ, TIMESTAMP_BYTES, TIMESTAMPS } from '../../tensor/plan.ts';
import { newTimes, type OnLaunch, type Profile } from '../times.ts';
import type { DeviceWatch } from './deviceWatch.ts';

/**
 * Times dispatches with timestamp queries: while it is on, every dispatch gets a compute pass of its own that writes the
 * time at its beginning and its end. The buffers are those of the plan and the queries are made once; where the device or
 * the plan has none, there is no profiler. After webgpu-samples' TimestampQueryManager:
 * https://github.com/webgpu/webgpu-samples/blob/main/sample/timestampQuery/TimestampQueryManager.ts
 *
 * Browsers round timestamps (Chrome to 100 µs), so a short dispatch reads as nothing or as one step of the clock. The
 * steps fall evenly, so sums over many launches come close to the truth; they are reported as they are.
 */
export interface Profiler extends Profile {
  /** Begins a run; null where it is not to be timed. */
  time(routine: string): Timing | null;
  destroy(): void;
}

/** The times of one run of a routine. */
export interface Timing {
  /** What the pass of a dispatch is made with. */
  pass(dispatch: number): GPUComputePassDescriptor;
  /** Encodes the way of the times to the host, after the last dispatch. */
  resolve(encoder: GPUCommandEncoder): void;
  /** Waits for the times of the run that was submitted. */
  collect(): Promise<void>;
}

/** WebGPU's limit is 4096 queries in a set, two for each dispatch: https://www.w3.org/TR/webgpu/#dom-gpudevice-createqueryset */
const DISPATCHES_PER_SET = 2048;

/** @param buffers aligned with plan.buffers */
export function newProfiler(
  device: GPUDevice,
  plan: Plan,
  buffers: readonly GPUBuffer[],
  watch: DeviceWatch,
): Profiler | null {
  const labelled = (label: string) => buffers.find((_, i) => plan.buffers[i].label === label);
  const [resolved, readBack] = [labelled(TIMESTAMPS), labelled(TIMES_READ)];
  if (!device.features.has('timestamp-query') || !resolved || !readBack) return null;

  const dispatches = resolved.size / TIMESTAMP_BYTES;
  const sets = Array.from({ length: Math.ceil(dispatches / DISPATCHES_PER_SET) }, (_, set) =>
    device.createQuerySet({
      type: 'timestamp',
      count: 2 * Math.min(DISPATCHES_PER_SET, dispatches - set * DISPATCHES_PER_SET),
      label: TIMESTAMPS,
    }),
  );
  const newSums = () => newTimes(Object.keys(plan.routines));
  let on = false;
  let times = newSums();
  let told: OnLaunch | undefined;
  /** The times of a run on their way to the host; there is one buffer for them. */
  let underWay: Promise<void> | null = null;
  let timing = false;

  async function read(routine: string, launched: readonly number[], host: Pick<HostTimes, 'started' | 'submitted'>) {
    const [sums, tell] = [times, told];
    await watch
      .unlessLost(readBack!.mapAsync(GPUMapMode.READ))
      .catch(() => watch.failed(new DeviceError('the times of the kernels could not be read back; run again')));
    const collected = performance.now();
    const stamps = new BigUint64Array(readBack!.getMappedRange().slice(0));
    readBack!.unmap();
    for (const dispatch of launched) {
      const ms = durationOf(stamps[2 * dispatch], stamps[2 * dispatch + 1], collected - host.started);
      if (ms !== null) sums.add(routine, dispatch, ms);
    }
    if (!tell) return;
    for (const { dispatch, begin, end } of placeLaunches(stamps, launched, { ...host, collected })) {
      tell(routine, dispatch, begin, end);
    }
  }

  return {
    time(routine) {
      // Runs that the caller does not wait for go on in their order, but only one of them can be timed at once.
      if (!on || timing) return null;
      timing = true;
      const launched: number[] = [];
      const started = performance.now();
      let submitted = started;
      return {
        pass(dispatch) {
          launched.push(dispatch);
          const at = 2 * (dispatch % DISPATCHES_PER_SET);
          return {
            timestampWrites: {
              querySet: sets[Math.floor(dispatch / DISPATCHES_PER_SET)],
              beginningOfPassWriteIndex: at,
              endOfPassWriteIndex: at + 1,
            },
          };
        },
        resolve(encoder) {
          submitted = performance.now();
          if (launched.length === 0) return;
          sets.forEach((set, i) => {
            encoder.resolveQuerySet(set, 0, set.count, resolved, i * DISPATCHES_PER_SET * TIMESTAMP_BYTES);
          });
          encoder.copyBufferToBuffer(resolved, 0, readBack, 0, resolved.size);
        },
        collect() {
          const reading = launched.length > 0 ? read(routine, launched, { started, submitted }) : Promise.resolve();
          underWay = reading.finally(() => {
            timing = false;
          });
          return underWay;
        },
      };
    },
    start(onLaunch) {
      on = true;
      told = onLaunch;
      times = newSums();
    },
    async stop() {
      on = false;
      await underWay;
      const found = times.list();
      times = newSums();
      return found;
    },
    destroy() {
      for (const set of sets) set.destroy();
    },
  };
}

/**
 * Milliseconds from one timestamp to another, null where they cannot be true: a query that was lost reads 0, a counter that
 * was reset in between ends before it began (the specification allows both), and no dispatch takes longer than the host
 * waited for it.
 * @param elapsed milliseconds that the host saw pass around the dispatch
 */
export function durationOf(begin: bigint, end: bigint, elapsed: number): number | null {
  if (begin === 0n || end === 0n || end < begin) return null;
  const ms = Number(end - begin) / 1e6;
  // Two clocks: the host's may be rounded, and may run slightly apart from the device's.
  return ms <= 1.01 * elapsed + 1 ? ms : null;
}

/** What the host saw of a run, in milliseconds of performance.now(). */
export interface HostTimes {
  readonly started: number;
  /** When its last part was about to be submitted. */
  readonly submitted: number;
  /** When its times were there. */
  readonly collected: number;
}

/**
 * Where the launches of a run lie on the host's clock. The device's clock has another zero: the first launch is put where the
 * run was submitted, or earlier where its launches would end after their times were read (a long run goes in several
 * submits). Passes that do not depend on each other may overlap on a device; here a launch begins when the one before it
 * ended. Launches whose times cannot be true are left out; see `durationOf`.
 *
 * @param stamps nanoseconds at the beginning and the end of each dispatch of the routine
 */
export function placeLaunches(
  stamps: BigUint64Array,
  launched: readonly number[],
  { started, submitted, collected }: HostTimes,
): { dispatch: number; begin: number; end: number }[] {
  const elapsed = collected - started;
  const sound = launched.filter((i) => durationOf(stamps[2 * i], stamps[2 * i + 1], elapsed) !== null);
  const since = (i: number) => durationOf(stamps[2 * sound[0]], stamps[i], elapsed);
  const times = sound.flatMap((dispatch) => {
    const [from, to] = [since(2 * dispatch), since(2 * dispatch + 1)];
    return from === null || to === null ? [] : [{ dispatch, from, to }];
  });
  const span = Math.max(0, ...times.map(({ to }) => to));
  const zero = Math.max(started, Math.min(submitted, collected - span));
  let last = started;
  return times.map(({ dispatch, from, to }) => {
    const begin = Math.min(collected, Math.max(last, zero + from));
    last = Math.min(collected, Math.max(begin, zero + to));
    return { dispatch, begin, end: last };
  });
}
