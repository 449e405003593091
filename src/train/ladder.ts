import { passSetting } from '../config/computeEntries.ts';
import { type Config, SCHEMA } from '../config/schema.ts';

/**
 * The settings that a run is fitted by, best first. Down the ladder less of what was asked for is left: a full batch, the same
 * in halves, samples with an exact evaluation, samples for both, smaller batches, smaller fan-outs. On each rung values may be computed
 * again instead of kept: that changes no number, so it comes before the next rung.
 */

/** Below this a batch is too small to learn well from: fan-outs shrink first. */
const SMALL_BATCH = 16;

/**
 * Settings from what was asked for down to the smallest, as changes to the configuration. Once both passes sample, each rung takes less
 * memory than the one before; the step from the full batch to sampling may take more on a small graph.
 */
export function ladder(config: Config): Partial<Config>[] {
  const rungs: Partial<Config>[] = [{}];
  const sampled = { 'sampling.strategy': 'neighbor' } as const;
  if (config['sampling.strategy'] === 'full') rungs.push({ 'compute.precision': 'f16' }, sampled);
  const exact = config['evaluation.strategy'] !== 'neighbor';
  if (exact) rungs.push({ ...sampled, 'evaluation.strategy': 'layerwise' });
  const finite = config['sampling.fanOut'].map((fan) => (fan < 0 ? 25 : fan));
  let end = config['sampling.fanOutEnd'];
  const perStep = config['sampling.batchSize'] * config['training.accumulate'];
  const smaller = (size: number, fanOut: readonly number[], fanOutEnd: readonly number[]): Partial<Config> => {
    const batchSize = Math.min(size, config['sampling.batchSize']);
    return {
      'sampling.strategy': 'neighbor',
      'sampling.batchSize': batchSize,
      // A step keeps its seeds: less memory is no reason to learn something else.
      'training.accumulate': Math.min(Math.ceil(perStep / batchSize), SCHEMA['training.accumulate'].max),
      'sampling.fanOut': fanOut,
      'sampling.fanOutEnd': fanOutEnd,
      'evaluation.batchSize': Math.min(size, config['evaluation.batchSize']),
    };
  };
  const rung = (size: number, fanOut: readonly number[], fanOutEnd: readonly number[]): Partial<Config> => ({
    ...smaller(size, fanOut, fanOutEnd),
    'evaluation.strategy': 'neighbor',
    'evaluation.fanOut': fanOut,
  });
  let batch = Math.max(config['sampling.batchSize'], config['evaluation.batchSize']);
  if (exact) {
    for (let size = batch; size > SMALL_BATCH; size = Math.ceil(size / 2)) {
      rungs.push({ ...smaller(size, finite, end), 'evaluation.strategy': 'layerwise' });
    }
    rungs.push({ ...sampled, 'evaluation.strategy': 'neighbor' });
  }
  // From here on evaluation samples too: a node with all its neighbours can be most of the graph.
  for (; batch > SMALL_BATCH; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, finite, end));
  let fanOut = finite;
  while ([...fanOut, ...end].some((fan) => fan > 1)) {
    rungs.push(rung(batch, fanOut, end));
    [fanOut, end] = [fanOut, end].map((fans) => fans.map((fan) => Math.ceil(fan / 2)));
  }
  for (; batch > 1; batch = Math.ceil(batch / 2)) rungs.push(rung(batch, fanOut, end));
  rungs.push(rung(1, fanOut, end));
  const seen = new Set<string>();
  return rungs.filter((change) => {
    const name = JSON.stringify({ ...config, ...change });
    return !seen.has(name) && seen.add(name);
  });
}

type Recompute = Config['compute.recompute'];

/** From the one that keeps most to the one that keeps least: slower, but every number stays as it is. */
const RECOMPUTATION: readonly Recompute[] = ['off', 'segments', 'tree'];

/**
 * Recomputation on any rung, as asked first. Where no values share a slot, copies lie beside what they are copies of, so that it takes
 * more memory: then it is only switched off.
 */
export function recomputations(config: Config): readonly Recompute[] {
  const asked = config['compute.recompute'];
  if (passSetting(config, 'compute.slots') === 'off') return asked === 'off' ? ['off'] : [asked, 'off'];
  return [asked, ...RECOMPUTATION.filter((how) => how !== asked)];
}

/** Of what a plan consists; where these are the same, one rung is like the other, but smaller. */
const STRATEGIES = ['sampling.strategy', 'evaluation.strategy', 'compute.precision'] as const;

/**
 * `rungs`, each as asked and then recomputed. What recomputation saves is found out on the first rung of its strategies; those below
 * try the one that took least there, and none where none took less than what was asked for: a plan costs time.
 *
 * @param bytesOf of a plan, infinite where there is none; asked for rungs that were taken from here before
 */
export function* recomputed(
  config: Config,
  rungs: readonly Partial<Config>[],
  bytesOf: (change: Partial<Config>) => number,
): Generator<Partial<Config>> {
  const all = recomputations(config);
  const asked = config['compute.recompute'];
  const saving = new Map<string, readonly Recompute[]>();
  for (const rung of rungs) {
    const of = (how: Recompute) => (how === asked ? rung : { ...rung, 'compute.recompute': how });
    const whole = { ...config, ...rung };
    const strategies = STRATEGIES.map((key) => whole[key]).join(' ');
    const known = saving.get(strategies);
    for (const how of known ?? all) yield of(how);
    if (known) continue;
    const bytes = new Map(all.map((how) => [how, bytesOf(of(how))]));
    const least = all.reduce((best, how) => (bytes.get(how)! < bytes.get(best)! ? how : best));
    if (bytes.get(least) === Infinity) continue;
    saving.set(strategies, least === asked ? [asked] : [asked, least]);
  }
}
