import { resolveConfig } from '../config/resolve.ts';
import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import type { CsrMatrix } from '../formats/matrix.ts';
import { rowNormalize } from '../graph/features.ts';
import type { Graph } from '../graph/graph.ts';
import { graphOperator } from '../graph/operators.ts';
import type { DeviceInfo } from '../run/record.ts';
import { type Backend, openTrainer } from '../train/session.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow } from './suite.ts';

/**
 * One training step (forward, backward, update) of the GCN of Kipf and Welling on Cora, ours and others', in one process
 * on one adapter: the same number of steps between synchronisations, each timed to completion, after a warm-up.
 */

/** What bench/peers asks of a peer. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  readonly formulation: string;
  /** Trains, waits for completion, gives the loss of the last step. */
  run(steps: number): Promise<number>;
  dispose(): void;
}

/** The product of two square matrices, by itself. */
export interface GemmPeer extends Pick<Peer, 'name' | 'version' | 'formulation' | 'dispose'> {
  /** Multiplies so often and waits for completion. */
  run(times: number): Promise<void>;
}

export type PeerInput = ReturnType<typeof peerInput>;

/** Peers that run in this process on the same adapter, and those that a Python script has timed. */
export interface PeerSource {
  open(input: PeerInput): Promise<(() => Promise<Peer>)[]>;
  /** @param side of the matrices */
  gemm(side: number): Promise<(() => Promise<GemmPeer>)[]>;
  python(input: PeerInput): Promise<readonly { name: string; msPerStep: readonly number[] }[]>;
}

const SAMPLES = 20;
const WARM_UP = 3;
/** Steps between synchronisations, equal for all. */
export const STEPS = 5;

function peerInput(graph: Graph, config: Config) {
  const adjacency = graphOperator('gcn', graph.adjacency) as CsrMatrix & { values: Float32Array };
  return {
    nodes: graph.nodes,
    featureCount: graph.features.cols,
    classes: graph.classNames.length,
    hidden: config['model.hidden'],
    features: rowNormalize(graph.features) as CsrMatrix & { values: Float32Array },
    adjacency,
    labels: graph.labels,
    train: Uint8Array.from(graph.splits[0], (code) => (code === SPLIT.train ? 1 : 0)),
    dropout: config['model.dropout'],
    lr: config['training.lr'],
    weightDecay: config['training.weightDecay'],
    seed: config['training.seed'],
  };
}

export async function peers(context: BenchContext, source: PeerSource) {
  const graph = await context.graph('cora');
  const { config } = resolveConfig({ preset: 'planetoid-gcn' });
  const input = peerInput(graph, config);
  const rows: BenchRow[] = [];
  const devices: DeviceInfo[] = [];
  for (const backend of context.backends) {
    const { row, device } = await ours(graph, config, backend);
    context.progress(`${row.name}: ${row.median.toFixed(2)} ms`);
    rows.push(row);
    devices.push(device);
  }
  // All are opened before the first is disposed of: a library destroys its device with its last peer.
  const opened: Peer[] = [];
  try {
    for (const open of await source.open(input)) opened.push(await open());
    for (const peer of opened) {
      const name = `${peer.name} ${peer.version} (${peer.formulation})`;
      const row = { name, unit: 'ms per step', ...medianInterval(await timeSteps((steps) => peer.run(steps))) };
      context.progress(`${row.name}: ${row.median.toFixed(2)} ms`);
      rows.push(row);
    }
  } finally {
    for (const peer of opened) peer.dispose();
  }
  for (const { name, msPerStep } of await source.python(input)) {
    const row = { name, unit: 'ms per step', ...medianInterval(msPerStep) };
    context.progress(`${row.name}: ${row.median.toFixed(2)} ms`);
    rows.push(row);
  }
  return { device: devices[0], rows, ratios: ratiosOf(rows) };
}

async function ours(graph: Graph, config: Config, backend: Backend) {
  const trainer = await openTrainer({ graph, config, backend, fit: false });
  try {
    const samples = await timeSteps((steps) => trainer.run(steps));
    const row: BenchRow = { name: `edgewise, ${backend.kind}`, unit: 'ms per step', ...medianInterval(samples) };
    return { row, device: trainer.device };
  } finally {
    trainer.close();
  }
}

/** Milliseconds per step, each sample timed to completion. */
async function timeSteps(run: (steps: number) => Promise<unknown>): Promise<number[]> {
  for (let i = 0; i < WARM_UP; i++) await run(STEPS);
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const begun = performance.now();
    await run(STEPS);
    samples.push((performance.now() - begun) / STEPS);
  }
  return samples;
}

/** How many times slower each of the others is than ours on the backend that it shares. */
function ratiosOf(rows: readonly BenchRow[]): Record<string, number> {
  const own = rows.filter(({ name }) => name.startsWith('edgewise'));
  const others = rows.filter(({ name }) => !name.startsWith('edgewise'));
  return Object.fromEntries(
    others.flatMap((other) => own.map((mine) => [`${other.name} / ${mine.name}`, other.median / mine.median])),
  );
}
