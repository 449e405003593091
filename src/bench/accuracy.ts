import { type ConfigSources, resolveConfig } from '../config/resolve.ts';
import type { Graph } from '../graph/graph.ts';
import type { DeviceInfo } from '../run/record.ts';
import { type Backend, train } from '../train/session.ts';
import { meanDeviation, medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Suite } from './suite.ts';

/** Test accuracy over seeds, in fractions, with the protocol's name and the device. */

interface Protocol extends Pick<ConfigSources, 'preset' | 'sets'> {
  readonly name: string;
  readonly data: string;
  /** Seeds, where many would take too long. */
  readonly seeds?: number;
  /** Only on the fastest backend. */
  readonly once?: boolean;
}

const CORA: readonly Protocol[] = [
  { name: 'cora gcn', data: 'cora', preset: 'planetoid-gcn' },
  { name: 'cora mlp', data: 'cora', preset: 'mlp' },
];

/** A sampled epoch takes many steps: it needs fewer epochs. */
const SAMPLED = ['sampling.strategy=neighbor', 'training.epochs=50'];

const DEBIAN: readonly Protocol[] = [
  { name: 'debian-small gcn', data: 'debian-small', preset: 'debian-gcn' },
  { name: 'debian-small mlp', data: 'debian-small', preset: 'debian-mlp' },
  { name: 'debian-small gcn sampled', data: 'debian-small', preset: 'debian-gcn', sets: SAMPLED },
  { name: 'debian gcn', data: 'debian', preset: 'debian-gcn', seeds: 3, once: true },
  { name: 'debian mlp', data: 'debian', preset: 'debian-mlp', seeds: 3, once: true },
  { name: 'debian gcn sampled', data: 'debian', preset: 'debian-gcn', sets: SAMPLED, seeds: 1, once: true },
];

async function run(context: BenchContext, protocols: readonly Protocol[]) {
  const rows: BenchRow[] = [];
  let first: DeviceInfo | null = null;
  for (const protocol of protocols) {
    const graph = await context.graph(protocol.data);
    for (const backend of protocol.once ? context.backends.slice(0, 1) : context.backends) {
      const name = `${protocol.name}, ${backend.kind}`;
      const accuracies: number[] = [];
      for (let seed = 0; seed < Math.min(context.seeds, protocol.seeds ?? context.seeds); seed++) {
        const { result, device } = await once(graph, protocol, backend, seed);
        first ??= device;
        accuracies.push(result.testAcc);
        context.progress(`${name}, seed ${seed}: ${result.testAcc.toFixed(4)} (epoch ${result.bestEpoch})`);
      }
      rows.push({ name, unit: 'test accuracy', ...medianInterval(accuracies), ...meanDeviation(accuracies) });
    }
  }
  return { device: first!, rows };
}

function once(graph: Graph, protocol: Protocol, backend: Backend, seed: number) {
  const { config } = resolveConfig({ ...protocol, seed: String(seed) });
  return train({ graph, config, backend, fit: false });
}

export const cora: Suite = async (context) => ({ ...(await run(context, CORA)), ratios: {} });

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
