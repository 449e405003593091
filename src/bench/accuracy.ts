import { InputError } from '../config/errors.ts';
import { type ConfigSources, resolveConfig } from '../config/resolve.ts';
import type { Graph } from '../graph/graph.ts';
import { meanDeviation } from '../run/meanInterval.ts';
import type { DeviceInfo } from '../run/record.ts';
import { type Backend, train } from '../train/session.ts';
import { chosenOf, type Goal, judge } from './accuracyGoal.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Suite } from './suite.ts';

/** Test scores over seeds, in fractions, with the protocol's name and the device. */

interface Protocol extends Pick<ConfigSources, 'preset' | 'sets'>, Goal {
  readonly name: string;
  readonly data: string;
  /** Seeds, where many would take too long. */
  readonly seeds?: number;
  /** Only on the fastest backend. */
  readonly once?: boolean;
  /** What was published, mean ± standard deviation in per cent, and by whom. */
  readonly published?: string;
}

const CORA: readonly Protocol[] = [
  { name: 'cora gcn', data: 'cora', preset: 'planetoid-gcn' },
  { name: 'cora mlp', data: 'cora', preset: 'mlp' },
];

/** A sampled epoch takes many steps: it needs fewer epochs. */
const SAMPLED = ['sampling.strategy=neighbor', 'training.epochs=50'];

/** Five steps of 28 of Cora's 140 training nodes to an epoch, ten neighbours each. */
const CORA_SAMPLED = ['sampling.strategy=neighbor', 'sampling.batchSize=28', 'sampling.fanOut=10,10'];

/**
 * Six steps of 1,024 of Tolokers' 5,879 training nodes to an epoch, ten neighbours each. After 50 epochs, the 300 steps that the full batch
 * takes, it still gets better.
 */
const TOLOKERS_SAMPLED = [
  'sampling.strategy=neighbor',
  'sampling.batchSize=1024',
  'sampling.fanOut=10,10,10',
  'training.epochs=100',
];

const DEBIAN: readonly Protocol[] = [
  { name: 'debian-small gcn', data: 'debian-small', preset: 'debian-gcn' },
  { name: 'debian-small mlp', data: 'debian-small', preset: 'debian-mlp' },
  { name: 'debian-small gcn sampled', data: 'debian-small', preset: 'debian-gcn', sets: SAMPLED },
  { name: 'debian gcn', data: 'debian', preset: 'debian-gcn', seeds: 3, once: true },
  { name: 'debian mlp', data: 'debian', preset: 'debian-mlp', seeds: 3, once: true },
  { name: 'debian gcn sampled', data: 'debian', preset: 'debian-gcn', sets: SAMPLED, seeds: 1, once: true },
];

/** Half precision gives what f32 gives, whatever that is. */
const F32 = { name: 'cora gcn', points: 0.5 } as const;

/**
 * Each kind of layer in its published protocol. Cora: public split, the epoch with the lowest validation loss, 200 epochs unless
 * the preset says otherwise. Tolokers, Minesweeper: split 0, ROC-AUC, the epoch with the highest validation ROC-AUC.
 */
const ACCURACY: readonly Protocol[] = [
  { name: 'cora gcn', data: 'cora', preset: 'gcn', published: '81.5 (Kipf and Welling)', goal: 81 },
  { name: 'cora gcn f16', data: 'cora', preset: 'gcn', sets: ['compute.precision=f16'], near: F32 },
  // Within a point of the full batch.
  { name: 'cora gcn sampled', data: 'cora', preset: 'gcn', sets: CORA_SAMPLED, goal: 80.6 },
  { name: 'cora sage', data: 'cora', preset: 'sage', goal: 80.5 },
  { name: 'cora sgc', data: 'cora', preset: 'sgc', published: '81.0 ± 0.0 (Wu et al.)', goal: 80.7 },
  { name: 'cora gin', data: 'cora', preset: 'gin' },
  { name: 'cora appnp', data: 'cora', preset: 'appnp', published: '83.3 ± 0.5 (Fey and Lenssen)', goal: 82.7 },
  { name: 'cora gat', data: 'cora', preset: 'gat', published: '83.0 ± 0.7 (Veličković et al.)', goal: 82.3 },
  { name: 'cora gatv2', data: 'cora', preset: 'gatv2' },
  { name: 'cora gcn2', data: 'cora', preset: 'gcn2', published: '84.6 (Chen et al., 16 layers)', goal: 84.3 },
  { name: 'tolokers gcn', data: 'tolokers', preset: 'tolokers-gcn', published: '83.64 ± 0.67, ten splits', goal: 83 },
  // Within a point of the full batch.
  { name: 'tolokers gcn sampled', data: 'tolokers', preset: 'tolokers-gcn', sets: TOLOKERS_SAMPLED, goal: 83.4 },
  {
    name: 'minesweeper gcn',
    data: 'minesweeper',
    preset: 'minesweeper-gcn',
    published: '89.75 ± 0.52, ten splits',
    goal: 89,
  },
  {
    name: 'minesweeper sage',
    data: 'minesweeper',
    preset: 'minesweeper-sage',
    published: '93.51 ± 0.57, ten splits',
    goal: 92.5,
  },
  { name: 'debian sage', data: 'debian', preset: 'debian-sage' },
  { name: 'debian gcn', data: 'debian', preset: 'debian-gcn' },
  { name: 'debian mlp', data: 'debian', preset: 'debian-mlp' },
  { name: 'debian gcn sampled', data: 'debian', preset: 'debian-gcn', sets: SAMPLED },
].map((protocol) => ({ ...protocol, once: true }));

async function run(context: BenchContext, protocols: readonly Protocol[]) {
  const rows: BenchRow[] = [];
  let first: DeviceInfo | null = null;
  for (const protocol of protocols) {
    const graph = await context.graph(protocol.data);
    for (const backend of protocol.once ? context.backends.slice(0, 1) : context.backends) {
      const name = `${protocol.name}, ${backend.kind}`;
      const accuracies: number[] = [];
      let unit = '';
      for (let seed = 0; seed < Math.min(context.seeds, protocol.seeds ?? context.seeds); seed++) {
        const { result, device } = await once(graph, protocol, backend, seed);
        first ??= device;
        const score = result.metric === 'rocAuc' ? result.testRocAuc! : result.testAcc;
        unit = result.metric === 'rocAuc' ? 'test ROC-AUC' : 'test accuracy';
        accuracies.push(score);
        context.progress(`${name}, seed ${seed}: ${score.toFixed(4)} (epoch ${result.bestEpoch})`);
      }
      rows.push({ name, unit, ...medianInterval(accuracies), ...meanDeviation(accuracies) });
    }
  }
  return { device: first!, rows };
}

function once(graph: Graph, protocol: Protocol, backend: Backend, seed: number) {
  const { config } = resolveConfig({ ...protocol, seed: String(seed) });
  return train({ graph, config, backend, fit: false });
}

export const cora: Suite = async (context) => ({ ...(await run(context, CORA)), ratios: {} });

/** Every kind of layer beside what was published; `context.only` picks some of them. */
export const accuracy: Suite = async (context) => {
  const chosen = chosenOf(ACCURACY, context.only);
  if (chosen.length === 0) throw new InputError(`bench accuracy: no protocol is called ${context.only}.`);
  const { device, rows } = await run(context, chosen);
  const percent = (fraction: number) => (100 * fraction).toFixed(2);
  const meanOf = (wanted: string) => 100 * rows[chosen.findIndex(({ name }) => name === wanted)].mean!;
  const table = chosen.map(({ name, preset, published = '', ...goal }, i) => {
    const { mean, std, unit } = rows[i];
    const met = judge(goal, 100 * mean!, meanOf);
    return [name, preset!, context.seeds, `${percent(mean!)} ± ${percent(std!)}`, unit, published, met];
  });
  const columns = ['protocol', 'preset', 'seeds', 'mean ± std, %', 'of', 'published, %', 'goal'];
  return { device, rows, ratios: {}, tables: [{ title: 'beside what was published', columns, rows: table }] };
};

/** `ratios` holds differences of mean accuracies: what the graph is worth, and what sampling costs. */
export const debian: Suite = async (context) => {
  const { device, rows } = await run(context, DEBIAN);
  const mean = (start: string) => rows.find(({ name }) => name.startsWith(`${start},`))!.mean!;
  const ratios = Object.fromEntries(
    ['debian-small', 'debian'].flatMap((data) => [
      [`${data}: gcn - mlp`, mean(`${data} gcn`) - mean(`${data} mlp`)],
      [`${data}: full batch - sampled`, mean(`${data} gcn`) - mean(`${data} gcn sampled`)],
    ]),
  );
  return { device, rows, ratios };
};
