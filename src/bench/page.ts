import type { DeviceInfo } from '../run/record.ts';
import { drawnRuns } from './drawnRuns.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, Table } from './suite.ts';
import { longTasks, mainThread, markTime, navigationTime, type Task, type TraceEvent } from './trace.ts';
import type { ViewsSource } from './views.ts';
import { TRAINED } from './viewTimes.ts';

/**
 * The first minute of the page: from open to the first drawn point of a curve, the bytes until then, and how busy it keeps the browser;
 * and how busy a training does beside as large a picture as it draws.
 */

/** Set by the page with `performance.mark`. */
export const MARKS = { graph: 'edgewise:graph-drawn', curve: 'edgewise:first-curve' } as const;
/** Set by whoever drives the browser. */
export const PRESSED = 'bench:train-pressed';
/** A second training, with the charts' library there from its beginning. */
export const AGAIN = { pressed: 'bench:pressed-again', trained: 'bench:trained-again' } as const;

/** One answer of the server; `at` in milliseconds from the navigation. */
export interface Answered {
  readonly path: string;
  readonly gzipBytes: number;
  readonly at: number;
}

/** One load in a fresh profile; milliseconds from the navigation. */
export interface PageLoad {
  readonly device: DeviceInfo;
  readonly graph: number;
  readonly pressed: number;
  readonly curve: number;
  readonly answered: readonly Answered[];
  /** The trace from before the navigation to the end of the second training; empty where none was asked for. */
  readonly trace: readonly TraceEvent[];
  readonly url: string;
  /** Epochs of the run that was traced. */
  readonly epochs: number;
}

export interface PageSource extends Pick<ViewsSource, 'visit'> {
  /** Opens the page in a fresh profile and presses Train; with a trace, trains twice. */
  load(options: { trace: boolean }): Promise<PageLoad>;
  close(): Promise<void>;
}

const LOADS = 5;

/** kB are 1,000 bytes. */
const GOALS = { curve: 3000, bytes: 350, task: 100 } as const;
/** Tasks from here on are listed, milliseconds. */
const LONG = 50;

export async function page(context: BenchContext, source: PageSource) {
  const loads: PageLoad[] = [];
  try {
    for (let i = 0; i < LOADS; i++) {
      const load = await source.load({ trace: false });
      loads.push(load);
      context.progress(`load ${i + 1} of ${LOADS}: first curve after ${load.curve.toFixed(0)} ms`);
    }
    const traced = await source.load({ trace: true });
    const drawn = await drawnRuns(context, source);
    const busy = tasksOf(traced);
    const bytes = bytesTable(traced.answered, traced.curve);
    const { device } = traced;
    const rows: BenchRow[] = [
      { name: 'graph drawn', unit: 'ms', ...medianInterval(loads.map(({ graph }) => graph)) },
      { name: 'Train pressed', unit: 'ms', ...medianInterval(loads.map(({ pressed }) => pressed)) },
      { name: 'first drawn point of a curve', unit: 'ms', ...medianInterval(loads.map(({ curve }) => curve)) },
      {
        name: 'gzipped until then',
        unit: 'kB',
        ...medianInterval(loads.map(({ answered, curve }) => bytesTable(answered, curve).first / 1000)),
      },
      { name: 'gzipped in all', unit: 'kB', ...medianInterval([bytes.total / 1000]) },
      { name: 'longest task of the load', unit: 'ms', ...medianInterval([longest(busy.load, 'ms')]) },
      { name: 'longest task of the training', unit: 'ms', ...medianInterval([longest(busy.training, 'ms')]) },
      { name: 'most processor time of one', unit: 'ms', ...medianInterval([longest(busy.training, 'cpuMs')]) },
      { name: 'longest task between the trainings', unit: 'ms', ...medianInterval([longest(busy.between, 'ms')]) },
      { name: 'longest task of a second training', unit: 'ms', ...medianInterval([longest(busy.again, 'ms')]) },
      { name: 'most processor time of one there', unit: 'ms', ...medianInterval([longest(busy.again, 'cpuMs')]) },
      ...drawn.runs.flatMap(({ meanwhile, training, after }) =>
        [[`of a training beside ${meanwhile}`, training] as const, ['of the moments after it', after] as const].flatMap(
          ([name, tasks]): BenchRow[] => [
            { name: `drawn graph: longest task ${name}`, unit: 'ms', ...medianInterval([longest(tasks, 'ms')]) },
            {
              name: `drawn graph: most processor time of one ${name}`,
              unit: 'ms',
              ...medianInterval([longest(tasks, 'cpuMs')]),
            },
          ],
        ),
      ),
    ];
    const median = (name: string) => rows.find((row) => row.name === name)!.median;
    const goals: Goal[] = [
      goalOf('first drawn curve, with a GPU', 'ms', GOALS.curve, median('first drawn point of a curve'), device),
      goalOf('gzipped until then', 'kB', GOALS.bytes, median('gzipped until then')),
      goalOf('longest task of the training', 'ms', GOALS.task, median('longest task of the training')),
      goalOf('the same in processor time', 'ms', GOALS.task, median('most processor time of one')),
      goalOf('longest task of a second training', 'ms', GOALS.task, median('longest task of a second training')),
      goalOf('the same in processor time, there', 'ms', GOALS.task, median('most processor time of one there')),
      ...drawn.runs.flatMap(({ meanwhile, training }) => [
        goalOf(`drawn graph, beside ${meanwhile}`, 'ms', GOALS.task, longest(training, 'ms')),
        goalOf('the same in processor time', 'ms', GOALS.task, longest(training, 'cpuMs')),
      ]),
    ];
    const tables: Table[] = [
      bytes.table,
      tasksTable('tasks of the load, until the first curve', busy.load),
      tasksTable(`tasks of the training of ${traced.epochs} epochs, after the first curve`, busy.training),
      tasksTable("tasks between the trainings, when the charts' library is loaded", busy.between),
      tasksTable(`tasks of a second training of ${traced.epochs} epochs`, busy.again),
      ...drawn.runs.flatMap(({ meanwhile, epochs, training, after }) => [
        tasksTable(`drawn graph: tasks of a training of ${epochs} epochs beside ${meanwhile}`, training),
        tasksTable('tasks of the moments after it', after),
      ]),
    ];
    return { device, rows, ratios: {}, goals, tables, notes: [drawn.picture] };
  } finally {
    await source.close();
  }
}

/** A goal for machines with a GPU is not judged on another. */
function goalOf(name: string, unit: string, most: number, value: number, device?: DeviceInfo): Goal {
  return { name, unit, most, value, met: device?.software ? null : value < most };
}

/** What was asked for until the first curve and after it, by file, the largest first; a file may be asked for more than once. */
export function bytesTable(answered: readonly Answered[], curve: number) {
  const files = new Map<string, { first: number; later: number; answers: number }>();
  for (const { path, gzipBytes, at } of answered) {
    const file = files.get(path) ?? { first: 0, later: 0, answers: 0 };
    file[at <= curve ? 'first' : 'later'] += gzipBytes;
    file.answers++;
    files.set(path, file);
  }
  const listed = [...files].sort(([, a], [, b]) => b.first - a.first || b.later - a.later);
  const sum = (part: 'first' | 'later') => listed.reduce((total, [, file]) => total + file[part], 0);
  const first = sum('first');
  const later = sum('later');
  const rows = [...listed, ['all', { first, later, answers: answered.length }] as const].map(
    ([path, file]) => [path, file.first, file.later, file.answers] as const,
  );
  const table: Table = { title: 'gzipped bytes', columns: ['file', 'until the first curve', 'later', 'answers'], rows };
  return { first, total: first + later, table };
}

/** The long tasks of a traced load, by what went on when they began. */
export function tasksOf({ trace, url }: Pick<PageLoad, 'trace' | 'url'>): Record<Period, Task[]> {
  const thread = mainThread(trace, url);
  const at = (name: string) => markTime(trace, name, thread.pid);
  const origin = navigationTime(trace, url);
  const end = at(AGAIN.trained);
  const tasks = longTasks(trace, thread, { from: origin, to: end, origin, least: LONG });
  // The task that draws the first point belongs to the load.
  const [curve, trained, pressed] = [MARKS.curve, TRAINED, AGAIN.pressed].map((name) => (at(name) - origin) / 1000);
  const periodOf = ({ start }: Task): Period =>
    start <= curve ? 'load' : start <= trained ? 'training' : start < pressed ? 'between' : 'again';
  const found: Record<Period, Task[]> = { load: [], training: [], between: [], again: [] };
  for (const task of tasks) found[periodOf(task)].push(task);
  return found;
}

type Period = 'load' | 'training' | 'between' | 'again';

function longest(tasks: readonly Task[], time: 'ms' | 'cpuMs'): number {
  return Math.max(0, ...tasks.map((task) => task[time]));
}

function tasksTable(title: string, tasks: readonly Task[]): Table {
  const long = tasks.filter(({ ms }) => ms >= LONG);
  const over = tasks.filter(({ ms }) => ms > GOALS.task).length;
  return {
    title: `${title}: ${long.length} over ${LONG} ms, ${over} over ${GOALS.task} ms`,
    columns: ['ms', 'processor', 'at', 'in it'],
    rows: long.map(({ ms, cpuMs, start, parts }) => [...[ms, cpuMs, start].map(Math.round), parts.join('; ')]),
  };
}
