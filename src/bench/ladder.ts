import { WITHOUT_PASSES } from '../config/computeEntries.ts';
import { DeviceError, InputError } from '../config/errors.ts';
import { parseValue } from '../config/parse.ts';
import { type Config, type ConfigKey, isConfigKey } from '../config/schema.ts';
import { figure, type ResultRow, WARM_UP } from '../run/benchResult.ts';
import type { DeviceInfo, EpochRecord, MemoryBytes } from '../run/record.ts';
import { type Trained, train } from '../train/session.ts';
import type { BenchRequest, Measurement } from './portable.ts';
import { driftOf, medianInterval, worstDrift } from './stats.ts';

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

/** The rungs that this schema can express, and why not each of the others. */
export function climbable(
  rungs: readonly Rung[],
  known: (key: string) => boolean,
): { readonly rungs: readonly Rung[]; readonly left: readonly ResultRow[] } {
  const missing = ({ settings }: Rung) => Object.keys(settings).filter((key) => !known(key));
  return {
    rungs: rungs.filter((rung) => missing(rung).length === 0),
    left: rungs
      .filter((rung) => missing(rung).length > 0)
      .map((rung) => ({
        name: rung.name,
        note: `left out, this version has no ${missing(rung).join(' and no ')}`,
        figures: {},
      })),
  };
}

/** The configuration of a rung: what was asked for, every pass off that the rung does not name, and no early end. */
export function rungConfig(asked: Config, { settings }: Rung, known: (key: string) => boolean): Config {
  const own = Object.entries({ ...WITHOUT_PASSES, ...settings }).filter(([key]) => known(key));
  const values = own.map(([key, text]) => [key, parseValue(key as ConfigKey, text, 'bench ladder')]);
  const config: Config = { ...asked, 'training.patience': 0, ...Object.fromEntries(values) };
  const epochs = config['training.epochs'];
  if (epochs > WARM_UP) return config;
  throw new InputError(
    `bench ladder: training.epochs is ${epochs}, but ${WARM_UP} are the warm-up: set ${WARM_UP + 1} or more.`,
  );
}

/** What a plan's buffers are counted as on this backend: GPU memory, or main memory beside the graph. */
const peakOf = (peak: MemoryBytes, backend: DeviceInfo['backend']) => (backend === 'webgpu' ? peak.gpu : peak.host);

type Climb = Pick<Trained, 'device' | 'epochs'> & { readonly memory: { readonly peak: MemoryBytes } };

/** A rung from its runs, in their order: milliseconds of the epochs after the warm-up, bytes of the ledgers, the last loss. */
export function climbed(
  { name, settings }: Rung,
  runs: readonly Climb[],
): { row: ResultRow; times: readonly number[] } {
  const epochs = runs.flatMap((run): readonly EpochRecord[] => run.epochs.slice(WARM_UP));
  const times = epochs.map(({ ms }) => ms);
  const whole = epochs.map(({ ms, evalMs }) => ms + evalMs);
  const peaks = runs.map(({ memory, device }) => peakOf(memory.peak, device.backend));
  // A rung that is fast and learns something else would show here.
  const losses = runs.map((run) => run.epochs[run.epochs.length - 1].trainLoss);
  const overflowed = !losses.every(Number.isFinite);
  const set = Object.entries(settings).map((pair) => pair.join('='));
  return {
    row: {
      name,
      note: [...set, ...(overflowed ? ['its loss is not a number'] : [])].join(' '),
      figures: {
        training: figure('training', medianInterval(times)),
        epoch: figure('epoch', medianInterval(whole)),
        peak: figure('peak', medianInterval(peaks)),
        ...(overflowed ? {} : { loss: figure('loss', medianInterval(losses)) }),
      },
    },
    times,
  };
}

/** @throws InputError where not one rung can be run */
export async function ladder(request: BenchRequest): Promise<Measurement> {
  const { config, repetitions, progress } = request;
  const { rungs, left } = climbable(RUNGS, isConfigKey);
  const configs = rungs.map((rung) => rungConfig(config, rung, isConfigKey));
  const epochs = config['training.epochs'];
  const total = repetitions * rungs.length * epochs;
  const runs: Climb[][] = rungs.map(() => []);
  const refused: (string | null)[] = rungs.map(() => null);
  let behind = 0;
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const [i, { name }] of rungs.entries()) {
      const doing = `${name}, ${repetition} of ${repetitions}`;
      if (refused[i] === null) {
        progress(behind, total, doing);
        const run = await climb(configs[i], request, (epoch) => progress(behind + epoch, total, doing));
        if (typeof run === 'string') refused[i] = run;
        else runs[i].push(run);
      }
      behind += epochs;
    }
  }
  const device = runs.flat()[0]?.device;
  if (!device) throw new InputError(`bench ladder: no rung could be run: ${refused[0]}`);
  const found = rungs.map((rung, i) => (runs[i].length > 0 ? climbed(rung, runs[i]) : null));
  const rows = rungs.map(({ name }, i) => found[i]?.row ?? { name, note: refused[i] ?? '', figures: {} });
  return {
    device,
    rows: [...rows, ...left],
    ...worstDrift(found.flatMap((one) => (one ? [driftOf(one.times)] : []))),
  };
}

/** A run, or why this rung cannot be run: one that needs too much memory must not take the others with it. */
async function climb(config: Config, { job, signal }: BenchRequest, told: (epoch: number) => void) {
  try {
    const run = await train({ ...job(config), fit: false, signal, onEpoch: ({ epoch }) => told(epoch) });
    const { device, epochs, memory } = run;
    return { device, epochs, memory };
  } catch (error) {
    if (error instanceof InputError || error instanceof DeviceError) return error.message;
    throw error;
  }
}
