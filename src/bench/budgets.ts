import { formatValue } from '../config/describe.ts';
import { DeviceError, InputError } from '../config/errors.ts';
import { CONFIG_KEYS, type Config } from '../config/schema.ts';
import { type Figure, figure, type ResultRow } from '../run/benchResult.ts';
import type { DeviceInfo } from '../run/record.ts';
import { forecast, type Trained, train } from '../train/session.ts';
import type { BenchRequest, Measurement } from './portable.ts';
import { driftOf, medianInterval, worstDrift } from './stats.ts';

/**
 * Accuracy and time against memory: the same protocol in full batch, and fitted into parts of the memory that the full batch takes.
 * Bytes are those of the plan, wherever its buffers lie; every repetition has a seed of its own.
 */
const SHARES = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16];

interface Run extends Pick<Trained, 'device' | 'epochs' | 'result' | 'fitted'> {
  /** Of its plan. */
  readonly bytes: number;
}

/** @throws InputError where not even the full batch's plan can be made, or no budget can be kept */
export async function budgets(request: BenchRequest): Promise<Measurement> {
  const { repetitions, progress, job } = request;
  const config: Config = {
    ...request.config,
    'sampling.strategy': 'full',
    'evaluation.strategy': 'full',
    'memory.gpuBudget': 0,
  };
  const epochs = config['training.epochs'];
  if (epochs < 2) throw new InputError('bench budgets: training.epochs is 1, which is the warm-up: set 2 or more.');
  const whole = (await forecast({ ...job(config), fit: false })).forecast.plan.bytes;
  const total = repetitions * SHARES.length * epochs;
  const runs: Run[][] = SHARES.map(() => []);
  const refused: (string | null)[] = SHARES.map(() => null);
  let behind = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [i, share] of SHARES.entries()) {
      const doing = `${nameOf(share)}, ${repetition + 1} of ${repetitions}`;
      if (refused[i] === null) {
        progress(behind, total, doing);
        const budget = share === 1 ? 0 : Math.floor(share * whole);
        const asked = {
          ...config,
          'memory.gpuBudget': budget,
          'training.seed': (config['training.seed'] + repetition) % Number.MAX_SAFE_INTEGER,
        };
        const run = await within(asked, request, (epoch) => progress(behind + epoch, total, doing));
        if (typeof run === 'string') refused[i] = run;
        else runs[i].push(run);
      }
      behind += epochs;
    }
  }
  const device: DeviceInfo | undefined = runs.flat()[0]?.device;
  if (!device) throw new InputError(`bench budgets: no budget could be kept: ${refused[0]}`);
  const rows = SHARES.map((share, i): ResultRow => {
    const name = nameOf(share);
    return runs[i].length > 0 ? rowOf(name, runs[i]) : { name, note: refused[i] ?? '', figures: {} };
  });
  return { device, rows, ...worstDrift(runs.flatMap((list) => (list.length > 0 ? [driftOf(timesOf(list))] : []))) };
}

const nameOf = (share: number) => (share === 1 ? 'full batch' : `1/${Math.round(1 / share)}`);

/** Milliseconds of every epoch but the first of each run, its evaluation included. */
const timesOf = (runs: readonly Run[]) =>
  runs.flatMap(({ epochs }) => epochs.slice(1).map(({ ms, evalMs }) => ms + evalMs));

function rowOf(name: string, runs: readonly Run[]): ResultRow {
  const of = (measure: 'plan' | 'epoch' | 'accuracy' | 'rocAuc', values: readonly number[]): [string, Figure] => [
    measure,
    figure(measure, medianInterval(values)),
  ];
  const byRocAuc = runs[0].result.metric === 'rocAuc';
  const scores = runs.map(({ result }) => (byRocAuc ? result.testRocAuc : result.testAcc) ?? Number.NaN);
  return {
    name,
    note: fittedText(runs[0].fitted),
    figures: Object.fromEntries([
      of(
        'plan',
        runs.map(({ bytes }) => bytes),
      ),
      // A run that found no new best one in time may have ended with its first epoch.
      ...(timesOf(runs).length > 0 ? [of('epoch', timesOf(runs))] : []),
      ...(scores.every(Number.isFinite) ? [of(byRocAuc ? 'rocAuc' : 'accuracy', scores)] : []),
    ]),
  };
}

/** A run within its budget, or why there is none. */
async function within(config: Config, { job, signal }: BenchRequest, told: (epoch: number) => void) {
  let bytes = 0;
  try {
    const { device, epochs, result, fitted } = await train({
      ...job(config),
      fit: true,
      signal,
      onStart: ({ forecast: { plan } }) => {
        bytes = plan.bytes;
      },
      onReplan: ({ forecast: { plan } }) => {
        bytes = plan.bytes;
      },
      onEpoch: ({ epoch }) => told(epoch),
    });
    return { device, epochs, result, fitted, bytes };
  } catch (error) {
    if (error instanceof InputError || error instanceof DeviceError) return error.message;
    throw error;
  }
}

function fittedText(fitted: Partial<Config>): string {
  return CONFIG_KEYS.filter((key) => fitted[key] !== undefined)
    .map((key) => `${key}=${formatValue(key, fitted[key]!)}`)
    .join(' ');
}
