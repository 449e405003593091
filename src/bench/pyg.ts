import { resolveConfig } from '../config/resolve.ts';
import { writeNpz } from '../formats/npzWriter.ts';
import { npzLayout } from '../graph/npzLayout.ts';
import { meanDeviation } from '../run/meanInterval.ts';
import { pygScript } from '../run/pyg/script.ts';
import { fileNames } from '../run/pyg/source.ts';
import type { DeviceInfo } from '../run/record.ts';
import { train } from '../train/session.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, Suite } from './suite.ts';

/** Test accuracy of runs beside that of the scripts that Edgewise writes of them for PyTorch Geometric. */

/** Files by name, of which `script` is run in a folder of its own: the test accuracy that it ends with, or why there is none. */
export type RunPyg = (files: Readonly<Record<string, string | Uint8Array>>, script: string) => number | string;

const SAMPLED = ['sampling.strategy=neighbor', 'sampling.batchSize=28', 'sampling.fanOut=10,10'];

const PROTOCOLS = [
  { name: 'cora gcn', preset: 'gcn', sets: [] },
  { name: 'cora sage sampled', preset: 'sage', sets: SAMPLED },
  { name: 'cora gat', preset: 'gat', sets: [] },
] as const;

/** Two means over some seeds may differ by this fraction. */
const CLOSE = 0.02;

export async function pyg(context: BenchContext, run: RunPyg): ReturnType<Suite> {
  const graph = await context.graph('cora');
  const { name, nodes, edges, features, classNames } = graph;
  const dataset = { name, nodes, edges, features: features.cols, classes: classNames.length, fingerprint: '' };
  const npz = writeNpz(graph);
  const backend = context.backends[0];
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const notes: string[] = [];
  let device: DeviceInfo | null = null;
  for (const protocol of PROTOCOLS.filter((each) => each.name.includes(context.only ?? ''))) {
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let seed = 0; seed < context.seeds; seed++) {
      const { config } = resolveConfig({ ...protocol, seed: String(seed) });
      const trained = await train({ graph, config, backend, fit: false });
      device ??= trained.device;
      const names = fileNames(dataset, config);
      const script = pygScript({ config, dataset, source: { file: npzLayout(graph) }, events: [] });
      const answer = run({ [names.graph]: npz, [names.script]: script }, names.script);
      if (typeof answer === 'string') {
        notes.push(`${protocol.name}: ${answer}`);
        break;
      }
      ours.push(trained.result.testAcc);
      theirs.push(answer);
      context.progress(`${protocol.name}, seed ${seed}: ${ours.at(-1)!.toFixed(4)}, in PyG ${answer.toFixed(4)}`);
    }
    if (theirs.length === 0) continue;
    const row = (by: string, scores: number[]) => ({
      name: `${protocol.name}, ${by}`,
      unit: 'test accuracy',
      ...medianInterval(scores),
      ...meanDeviation(scores),
    });
    rows.push(row(`edgewise ${backend.kind}`, ours), row('its script in PyG', theirs));
    const value = Math.abs(meanDeviation(ours).mean - meanDeviation(theirs).mean);
    goals.push({ name: `${protocol.name}, difference of the means`, unit: '', most: CLOSE, value, met: value < CLOSE });
  }
  return { device: device!, rows, ratios: {}, goals, notes };
}
