import { DeviceError } from '../../config/errors.ts';
import { type Plan, TIMES_READ, TIMESTAMP_BYTES, TIMESTAMPS } from '../../tensor/plan.ts';
import { newTimes, type Profile } from '../times.ts';
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
  /** The times of a run on their way to the host; there is one buffer for them. */
  let underWay: Promise<void> | null = null;
  let timing = false;

  async function read(routine: string, launched: readonly number[], started: number): Promise<void> {
    const sums = times;
    await watch
      .unlessLost(readBack!.mapAsync(GPUMapMode.READ))
      .catch(() => watch.failed(new DeviceError('the times of the kernels could not be read back; run again')));
    const elapsed = performance.now() - started;
    const stamps = new BigUint64Array(readBack!.getMappedRange());
    for (const dispatch of launched) {
      const ms = durationOf(stamps[2 * dispatch], stamps[2 * dispatch + 1], elapsed);
      if (ms !== null) sums.add(routine, dispatch, ms);
    }
    readBack!.unmap();
  }

  return {
    time(routine) {
      // Runs that the caller does not wait for go on in their order, but only one of them can be timed at once.
      if (!on || timing) return null;
      timing = true;
      const launched: number[] = [];
      const started = performance.now();
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
          if (launched.length === 0) return;
          sets.forEach((set, i) => {
            encoder.resolveQuerySet(set, 0, set.count, resolved, i * DISPATCHES_PER_SET * TIMESTAMP_BYTES);
          });
          encoder.copyBufferToBuffer(resolved, 0, readBack, 0, resolved.size);
        },
        collect() {
          const reading = launched.length > 0 ? read(routine, launched, started) : Promise.resolve();
          underWay = reading.finally(() => {
            timing = false;
          });
          return underWay;
        },
      };
    },
    start() {
      on = true;
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
