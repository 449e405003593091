import { DeviceError, InputError } from '../config/errors.ts';
import { resolveConfig } from '../config/resolve.ts';
import { type Config, isConfigKey } from '../config/schema.ts';
import type { Graph } from '../graph/graph.ts';
import type { DeviceInfo, EpochRecord, MemoryBytes } from '../run/record.ts';
import { type Backend, train } from '../train/session.ts';
import { type Interval, medianInterval } from './stats.ts';
import type { Asked, BenchRow, Suite, Table } from './suite.ts';

/**
 * What each pass buys, rung by rung, for any model on any dataset: the bars of PyTorch Geometric's tutorials on speed and memory,
 * with the peak counted by the ledger. Every rung is a run of its own on the same configuration, but for the settings of the rung.
 */
export interface Rung {
  readonly name: string;
  /** Settings as `--set` takes them, which make the rung what it is. */
  readonly settings: Readonly<Record<string, string>>;
}

const FULL = { 'sampling.strategy': 'full', 'evaluation.strategy': 'full' };
const SAMPLED = { 'sampling.strategy': 'neighbor', 'evaluation.strategy': 'neighbor' };

/** The first one is what the others are compared with. */
export const RUNGS: readonly Rung[] = [
  { name: 'baseline', settings: FULL },
  { name: 'sampled', settings: SAMPLED },
  { name: 'sampled + half precision', settings: { ...SAMPLED, 'compute.precision': 'f16' } },
  { name: 'compiled', settings: { ...FULL, 'compute.compiled': 'on' } },
  {
    name: 'compiled + recomputation',
    settings: { ...FULL, 'compute.compiled': 'on', 'compute.recompute': 'segments' },
  },
];

/** What a rung switches on is off in those that do not name it. */
const OFF: Rung['settings'] = { 'compute.compiled': 'off', 'compute.precision': 'f32', 'compute.recompute': 'off' };

/** Epochs that are not timed, and how many are where `--set training.epochs` says nothing. */
const WARM_UP = 3;
const TIMED = 20;

/** The rungs that this schema can express, and one line about each of the others. */
export function climbable(
  rungs: readonly Rung[],
  known: (key: string) => boolean,
): { readonly rungs: readonly Rung[]; readonly notes: readonly string[] } {
  const missing = ({ settings }: Rung) => Object.keys(settings).filter((key) => !known(key));
  return {
    rungs: rungs.filter((rung) => missing(rung).length === 0),
    notes: rungs
      .filter((rung) => missing(rung).length > 0)
      .map((rung) => `${rung.name}: left out, this version has no ${missing(rung).join(' and no ')}`),
  };
}

/** The configuration of a rung: what was asked for, every pass off that the rung does not name, and no early end. */
export function rungConfig(asked: Asked, { settings }: Rung, known: (key: string) => boolean): Config {
  const off = Object.entries(OFF).filter(([key]) => known(key));
  const own = Object.entries({ ...Object.fromEntries(off), ...settings, 'training.patience': '0' });
  const { config } = resolveConfig({
    preset: asked.preset,
    dataset: asked.data,
    sets: [`training.epochs=${WARM_UP + TIMED}`, ...asked.sets, ...own.map(([key, value]) => `${key}=${value}`)],
  });
  const epochs = config['training.epochs'];
  if (epochs > WARM_UP) return config;
  throw new InputError(
    `bench ladder: training.epochs is ${epochs}, but ${WARM_UP} are the warm-up: set ${WARM_UP + 1} or more.`,
  );
}

/** A rung that was run. */
export interface Climbed {
  readonly rung: Rung;
  /** Milliseconds per epoch: training alone, and with the evaluation after it. */
  readonly training: Interval;
  readonly whole: Interval;
  /** Of the ledgers. */
  readonly peak: MemoryBytes;
  /** Training loss of the last epoch: a rung that is fast and learns something else would show here. */
  readonly loss: number;
}

export function climbed(rung: Rung, epochs: readonly EpochRecord[], peak: MemoryBytes): Climbed {
  const timed = epochs.slice(WARM_UP);
  return {
    rung,
    training: medianInterval(timed.map(({ ms }) => ms)),
    whole: medianInterval(timed.map(({ ms, evalMs }) => ms + evalMs)),
    peak,
    loss: epochs[epochs.length - 1].trainLoss,
  };
}

/** What a plan's buffers are counted as on this backend: GPU memory, or main memory beside the graph. */
const peakOf = (peak: MemoryBytes, backend: DeviceInfo['backend']) => (backend === 'webgpu' ? peak.gpu : peak.host);

export function ladderTable(title: string, device: DeviceInfo, results: readonly Climbed[]): Table {
  const { backend, description, software } = device;
  const base = results.find(({ rung }) => rung.name === RUNGS[0].name);
  const against = (of: (result: Climbed) => number, result: Climbed) =>
    base ? (of(result) / of(base)).toPrecision(3) : '';
  const interval = ({ median, lo, hi }: Interval) =>
    `${median.toPrecision(4)} [${lo.toPrecision(4)}, ${hi.toPrecision(4)}]`;
  const peak = (result: Climbed) => peakOf(result.peak, backend);
  return {
    title: `${title}, on ${description}${software ? ' (software)' : ''}`,
    columns: [
      'rung',
      'training, ms',
      '× baseline',
      'with evaluation, ms',
      '× baseline',
      backend === 'webgpu' ? 'peak, GPU bytes' : 'peak, host bytes',
      '× baseline',
      'last loss',
      'settings',
    ],
    rows: results.map((result) => [
      result.rung.name,
      interval(result.training),
      against(({ training }) => training.median, result),
      interval(result.whole),
      against(({ whole }) => whole.median, result),
      peak(result),
      against(peak, result),
      result.loss.toPrecision(5),
      Object.entries(result.rung.settings)
        .map((pair) => pair.join('='))
        .join(' '),
    ]),
  };
}

/** The same for machines: three rows per rung, and ratios to the baseline. */
function rowsOf(results: readonly Climbed[], backend: DeviceInfo['backend']): BenchRow[] {
  return results.flatMap(({ rung, training, whole, peak }) => {
    const name = `${rung.name}, ${backend}`;
    const bytes = peakOf(peak, backend);
    return [
      { name: `${name}: training`, unit: 'ms per epoch', ...training },
      { name: `${name}: training and evaluation`, unit: 'ms per epoch', ...whole },
      { name: `${name}: peak`, unit: 'bytes', median: bytes, lo: bytes, hi: bytes },
    ];
  });
}

function ratiosOf(rows: readonly BenchRow[]): Record<string, number> {
  const start = `${RUNGS[0].name}, `;
  return Object.fromEntries(
    rows.flatMap(({ name, median }) => {
      const base = rows.find((row) => row.name === start + name.slice(name.indexOf(', ') + 2));
      return base && !name.startsWith(start) ? [[`${name} / ${RUNGS[0].name}`, median / base.median]] : [];
    }),
  );
}

export const ladder: Suite = async ({ backends, asked, graph, progress }) => {
  const { rungs, notes } = climbable(RUNGS, isConfigKey);
  const wanted: Asked = { ...asked, data: asked.data ?? 'debian-small' };
  const configs = rungs.map((rung) => rungConfig(wanted, rung, isConfigKey));
  const source = await graph(wanted.data!);
  const said = [...notes];
  const rows: BenchRow[] = [];
  const tables: Table[] = [];
  let first: DeviceInfo | null = null;
  for (const note of notes) progress(note);
  for (const backend of backends) {
    const results: Climbed[] = [];
    let device: DeviceInfo | null = null;
    for (const [i, rung] of rungs.entries()) {
      const run = await climb(source, configs[i], backend);
      if (typeof run === 'string') {
        said.push(`${rung.name}, ${backend.kind}: ${run}`);
        progress(said.at(-1)!);
        continue;
      }
      device = run.device;
      results.push(climbed(rung, run.epochs, run.memory.peak));
      progress(`${rung.name}, ${backend.kind}: ${results.at(-1)!.training.median.toFixed(1)} ms per epoch`);
    }
    if (!device) continue;
    first ??= device;
    const { 'model.kind': kind, 'training.epochs': epochs } = configs[0];
    const timed = epochs - WARM_UP;
    const spread = timed < 6 ? 'extremes' : '95 % interval';
    const title = `${source.name}, ${kind}, median of ${timed} epochs after ${WARM_UP} of warm-up [${spread}]`;
    tables.push(ladderTable(title, device, results));
    rows.push(...rowsOf(results, device.backend));
  }
  if (!first) throw new InputError(`bench ladder: no rung could be run: ${said.at(-1)}`);
  return { device: first, rows, ratios: ratiosOf(rows), tables, notes: said };
};

/** A run, or why this rung cannot be run: one that needs too much memory must not take the others with it. */
async function climb(graph: Graph, config: Config, backend: Backend) {
  try {
    return await train({ graph, config, backend, fit: false });
  } catch (error) {
    if (error instanceof InputError || error instanceof DeviceError) return error.message;
    throw error;
  }
}
