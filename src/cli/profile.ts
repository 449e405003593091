import type { Executor } from '../device/executor.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { localBatchSource } from '../train/batchSource.ts';
import type { Job } from '../train/job.ts';
import { type ChromeTrace, chromeTrace, type HostLane, type Span } from './chromeTrace.ts';

/**
 * What `edgewise train --profile` sees of a run: it stands between the run and its sampler, store and executor, and writes down
 * when each is at work. It changes no result. Uploads are the calls that hand data to the device; a read-back lasts until the data
 * is there; a sample lasts as long as its reads too. Kernels are timed from the beginning of an epoch to the end of its
 * evaluation, so what a new best epoch copies is not among them.
 */
export interface Recorder {
  /** What goes into the job. */
  readonly job: Required<Pick<Job, 'instruments' | 'control' | 'openBatchSource' | 'observeExecutor' | 'onEpoch'>>;
  /** The store, with its reads written down. */
  store(store: ChunkStore): ChunkStore;
  /** In the trace so far. */
  readonly epochs: number;
  readonly mostEvents: number;
  /** True where kernels are not timed: the device has no timestamps. */
  readonly withoutKernels: boolean;
  /** True where there was more to write down than `mostEvents`. */
  readonly cut: boolean;
  trace(device: string, about: Readonly<Record<string, string>>): ChromeTrace;
}

/** About 15 MB of file. */
const MOST_EVENTS = 100_000;

/** @param epochs from the first one on; what follows is not written down */
export function newRecorder(epochs: number, mostEvents = MOST_EVENTS): Recorder {
  const spans: Span[] = [];
  let done = 0;
  let cut = false;
  let timed = true;
  let epochBegan = 0;

  const add = (span: Span) => {
    if (done >= epochs) return;
    // Epochs are few, and without them nobody could tell where the rest belongs.
    if (span.on !== 'epochs' && spans.length >= mostEvents) cut = true;
    else spans.push(span);
  };
  /** Calls `work` at once, and writes down how long its answer took. */
  const during = async <T>(
    on: HostLane,
    name: string,
    work: () => Promise<T>,
    argsOf: (answer: T) => Span['args'] = () => undefined,
  ) => {
    const begin = performance.now();
    const answer = await work();
    add({ on, name, begin, end: performance.now(), args: argsOf(answer) });
    return answer;
  };
  const read = (key: string, work: () => Promise<Uint8Array | null>) =>
    // Keys are long: of a chunk, its array and its number.
    during('I/O', key.split('/').slice(-2).join('/'), work, (answer) => ({ key, bytes: answer?.byteLength ?? 0 }));

  const observeExecutor: Recorder['job']['observeExecutor'] = (executor, plan) => {
    const { profile } = executor;
    timed &&= profile !== undefined;
    const observed: Executor = {
      ...executor,
      write(value, data) {
        const begin = performance.now();
        executor.write(value, data);
        add({ on: 'upload', name: value.name, begin, end: performance.now(), args: { bytes: data.byteLength } });
      },
      results: () => during('read-back', 'results', executor.results),
      read: (value) =>
        during(
          'read-back',
          value.name,
          () => executor.read(value),
          ({ byteLength }) => ({ bytes: byteLength }),
        ),
    };
    if (!profile) return observed;
    const start = () =>
      profile.start((routine, dispatch, begin, end) => {
        const name = plan.routines[routine][dispatch].kernel;
        add({ on: 'device', name, begin, end, args: { routine, dispatch } });
      });
    return { ...observed, profile: { start, stop: profile.stop } };
  };

  return {
    job: {
      instruments: { timestamps: true },
      control: {
        ready: () => {},
        changes: () => ({}),
        stopping: () => false,
        wantsPredictions: () => false,
        // Asked at the beginning of every epoch.
        wantsProfile() {
          epochBegan = performance.now();
          return done < epochs && !cut;
        },
      },
      async openBatchSource(...about) {
        const source = await localBatchSource(...about);
        const sample: typeof source.sample = (routine, seeds, ...rest) =>
          during(
            'sampling',
            routine,
            () => source.sample(routine, seeds, ...rest),
            () => ({ seeds: seeds.length }),
          );
        return { ...source, sample };
      },
      observeExecutor,
      onEpoch({ epoch, ms, evalMs }) {
        const training = { on: 'epochs', name: 'training', begin: epochBegan, end: epochBegan + ms } as const;
        add(training);
        add({ on: 'epochs', name: 'evaluation', begin: training.end, end: training.end + evalMs });
        add({ on: 'epochs', name: `epoch ${epoch}`, begin: epochBegan, end: performance.now() });
        done++;
      },
    },
    store: (store) => ({
      ...store,
      get: (key, into) => read(key, () => store.get(key, into)),
      getRanges: (key, ranges) => read(key, () => store.getRanges(key, ranges)),
    }),
    get epochs() {
      return Math.min(done, epochs);
    },
    mostEvents,
    get withoutKernels() {
      return !timed;
    },
    get cut() {
      return cut;
    },
    trace: (device, about) => chromeTrace(spans, device, about),
  };
}
