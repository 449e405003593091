import { resolveConfig } from '../config/resolve.ts';
import type { Config } from '../config/schema.ts';
import type { ShapeName } from '../graph/shapes.ts';
import type { DeviceInfo, MemoryBytes } from '../run/record.ts';
import { type Backend, type Job, train } from '../train/session.ts';
import type { BenchContext, BenchRow, Goal, Suite, Table } from './suite.ts';

/**
 * Graphs larger than the GPU. Training on generated shapes out of a store, for so long: steps, loss, and how long the trainer
 * waits for batches. (What less memory costs on a graph that fits is the suite `budgets`.)
 */

/** Where generated graphs are kept. */
export interface ScalePlace {
  /** Generates and keeps the shape where it is not there yet. */
  open(shape: ShapeName): Promise<Pick<Job, 'graph' | 'store' | 'openBatchSource'>>;
}

interface Endurance {
  readonly shape: ShapeName;
  readonly name: string;
  readonly sets: readonly string[];
  /** Share of the time that the trainer may wait, where there is a goal. */
  readonly mostWaiting?: number;
}

const BUDGETS = ['memory.gpuBudget=256MB', 'memory.workerBudget=1GB'];
/** A quarter of what `arxiv-shape` takes in a store. */
const QUARTER = 'memory.cacheBytes=23MB';

const RUNS: readonly Endurance[] = [
  { shape: 'arxiv-shape', name: 'all cached', sets: BUDGETS },
  { shape: 'arxiv-shape', name: 'a quarter cached', sets: [...BUDGETS, QUARTER], mostWaiting: 0.1 },
  { shape: 'arxiv-shape', name: 'a quarter cached, two workers', sets: [...BUDGETS, QUARTER, 'sampling.workers=2'] },
  { shape: 'arxiv-shape', name: 'a quarter cached, no worker', sets: [...BUDGETS, QUARTER, 'sampling.workers=0'] },
  { shape: 'products-shape', name: 'as it comes', sets: BUDGETS },
];

/** Minutes that each may train; it ends with the epoch that is under way then. */
const MINUTES: Readonly<Partial<Record<ShapeName, number>>> = { 'arxiv-shape': 2, 'products-shape': 10 };

export async function scale(context: BenchContext, place: ScalePlace): ReturnType<Suite> {
  const wanted = ({ shape, name }: Endurance) => `${shape}, ${name}`.includes(context.only ?? '');
  const devices: DeviceInfo[] = [];
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const tables: Table[] = [];
  for (const backend of context.backends) {
    const runs: Table['rows'][number][] = [];
    for (const one of RUNS.filter(wanted)) {
      const done = await endure(one, backend, place, context);
      devices.push(done.device);
      runs.push(done.row);
      const label = `${one.shape}, ${one.name} (${backend.kind})`;
      rows.push(
        exactly(`${label}: steps`, 'steps per minute', done.stepsPerMinute),
        exactly(`${label}: waiting`, 'of the training time', done.waiting),
      );
      if (one.mostWaiting !== undefined) {
        const { waiting: value, device } = done;
        const met = device.software ? null : value <= one.mostWaiting;
        goals.push({ name: `${label}: waiting for batches`, unit: 'of the time', most: one.mostWaiting, value, met });
      }
    }
    if (runs.length > 0)
      tables.push({
        title: `SAGE 2 × 64, fan-out 10,10, batches of 1,024 (${backend.kind})`,
        ...RUN_TABLE,
        rows: runs,
      });
  }
  return { device: devices[0], rows, ratios: {}, goals, tables };
}

const exactly = (name: string, unit: string, value: number): BenchRow => ({
  name,
  unit,
  median: value,
  lo: value,
  hi: value,
});
const percent = (share: number) => Number((100 * share).toPrecision(3));

const RUN_TABLE = {
  columns: [
    'graph',
    'seconds',
    'steps',
    'ms per step',
    'waiting, %',
    'training loss per epoch',
    'validation, %',
    'GPU, MB',
    'main memory, MB',
  ],
} as const;

const megabytes = (bytes: number) => Number((bytes / 1e6).toPrecision(3));
/** What was promised, and what it came to. */
const kept = (of: (bytes: MemoryBytes) => number, memory: { forecast: MemoryBytes; peak: MemoryBytes }) =>
  `${megabytes(of(memory.peak))} of ${megabytes(of(memory.forecast))}`;

async function endure(one: Endurance, backend: Backend, place: ScalePlace, { quick, progress }: BenchContext) {
  const { config } = resolveConfig({
    preset: 'shape-sage',
    sets: [...one.sets, 'training.epochs=1000', ...(quick ? ['sampling.batchSize=64', 'evaluation.nodes=100'] : [])],
  });
  const label = `${one.shape}, ${one.name} (${backend.kind})`;
  progress(`${label}: opening`);
  const opened = await place.open(one.shape);
  const until = quick ? 5_000 : MINUTES[one.shape]! * 60_000;
  let begun = 0;
  // Of the epochs that were finished: their times are known apart from those of the evaluations.
  let steps = 0;
  const control = {
    ready: () => {},
    changes: (): Partial<Config> => ({}),
    wantsPredictions: () => false,
    // A run without an epoch has no record.
    stopping: () => steps > 0 && performance.now() - begun > until,
  };
  const { epochs, memory, device } = await train({
    ...opened,
    config,
    backend,
    fit: true,
    control,
    onStep() {
      begun ||= performance.now();
    },
    onEpoch({ epoch, trainLoss, valAcc, ms }, done) {
      steps = done;
      const told = `loss ${trainLoss.toFixed(3)}, validation ${percent(valAcc)} %, ${(ms / 1000).toFixed(1)} s`;
      progress(`${label}: epoch ${epoch}, ${told}`);
    },
  });
  const training = epochs.reduce((sum, { ms }) => sum + ms, 0);
  const waiting = epochs.reduce((sum, { sampleMs, readMs }) => sum + sampleMs + readMs, 0) / training;
  const row = [
    `${one.shape}, ${one.name}`,
    Math.round((performance.now() - begun) / 1000),
    steps,
    Number((training / steps).toPrecision(3)),
    percent(waiting),
    epochs.map(({ trainLoss }) => trainLoss.toFixed(3)).join(' '),
    percent(epochs[epochs.length - 1].valAcc),
    kept(({ gpu }) => gpu, memory),
    kept(({ host }) => host, memory),
  ];
  return { device, row, waiting, stepsPerMinute: (60_000 * steps) / training };
}
