import { SPLIT } from '../formats/graphData.ts';
import { arrange } from '../graph/arrange.ts';
import { gatherGraph } from '../graph/generated.ts';
import type { Graph } from '../graph/graph.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { namedShape } from '../graph/namedShapes.ts';
import { epochBatches, sampleNeighbors } from '../graph/neighborSampler.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import { roomFor } from '../graph/request.ts';
import type { ShapeName } from '../graph/shapes.ts';
import { medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, SuiteReport } from './suite.ts';

/**
 * Sampled edges per second on one thread, from a graph in memory, beside PyTorch Geometric's NeighborLoader on the same
 * graph and seeds. Time is that of the processor, garbage collection and compilation included: what else runs on the
 * machine lengthens a batch, but hardly the work in it.
 *
 * Both draw the same number of neighbours per node, but ours gives each hop to all nodes that the one before has reached,
 * theirs only to those that are new; so edges are held against edges, not batches against batches.
 */

/** Share of the shape's nodes and edges, so that the degrees are the shape's while all copies fit into memory. */
const GRAPHS: readonly { readonly shape: ShapeName; readonly share: number }[] = [
  { shape: 'arxiv-shape', share: 1 },
  { shape: 'products-shape', share: 1 / 4 },
];
const QUICK = 1 / 50;
const FAN_OUTS = [
  [10, 10],
  [15, 10, 5],
];
const BATCH = 1024;
const WARM_UP = 8;
const SAMPLES = 30;

export interface SamplerCase {
  readonly graph: Graph;
  readonly fanOut: readonly number[];
  readonly batch: number;
  /** Batches that are not counted. */
  readonly warmUp: number;
  /** `batch` after `batch`. */
  readonly seeds: Uint32Array;
}

/** One batch. */
export interface BatchTime {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly edges: number;
  readonly nodes: number;
}

export interface SamplerPeer {
  readonly name: string;
  /** The C++ library that it samples with. */
  readonly sampler: string;
  readonly sampling: readonly BatchTime[];
  /** Sampling and gathering features. */
  readonly loading: readonly BatchTime[];
}

/** The peer's times, or in words why there are none. */
export type SamplerPeerSource = (one: SamplerCase) => SamplerPeer | string;

export function sampler(context: BenchContext, peer: SamplerPeerSource): Omit<SuiteReport, 'bench'> {
  const rows: BenchRow[] = [];
  const ratios: Record<string, number> = {};
  const goals: Goal[] = [];
  const notes = new Set<string>();
  for (const { shape, share } of GRAPHS.filter(({ shape }) => shape.includes(context.only ?? ''))) {
    const graph = scaled(shape, context.quick ? share * QUICK : share);
    const size = `${graph.nodes.toLocaleString('en')} nodes, ${graph.adjacency.indices.length.toLocaleString('en')} entries`;
    notes.add(`${shape}: ${size}, ${context.quick ? 'a part' : share === 1 ? 'all' : `${share}`} of it`);
    context.progress(`${shape}: ${size}`);
    for (const fanOut of FAN_OUTS) {
      const one: SamplerCase = { graph, fanOut, warmUp: WARM_UP, ...seedsOf(graph) };
      const name = `${shape} ${fanOut.join(',')}`;
      const tell = (who: string, times: readonly BatchTime[]) => {
        const rate = medianInterval(times.map(({ edges, cpuMs }) => edges / cpuMs / 1000));
        rows.push({ name: `${name}: ${who}`, unit: 'million edges per second', ...rate });
        const [edges, nodes, wall] = (['edges', 'nodes', 'wallMs'] as const).map(
          (part) => medianInterval(times.map((time) => time[part])).median,
        );
        context.progress(
          `${name}: ${who}: ${rate.median.toFixed(2)} M edges/s; a batch: ${edges} edges, ${nodes} nodes, ${wall.toFixed(1)} ms`,
        );
        return rate.median;
      };
      const sampling = tell('edgewise, sampling', ours(one, false));
      const loading = tell('edgewise, with features', ours(one, true));
      const found = peer(one);
      if (typeof found === 'string') {
        context.progress(found);
        notes.add(found);
        continue;
      }
      const theirs = `${found.name}, ${found.sampler}`;
      const beside = [
        ['sampling', sampling, tell(`${theirs}, sampling`, found.sampling)],
        ['with features', loading, tell(`${theirs}, with features`, found.loading)],
      ] as const;
      for (const [what, own, other] of beside) {
        const value = own / other;
        ratios[`${name}: ${what}, edgewise / ${found.sampler}`] = value;
        if (!context.quick)
          goals.push({ name: `${name}, ${what}`, unit: `times ${found.sampler}`, least: 1, value, met: value >= 1 });
      }
    }
  }
  const processor = { backend: 'cpu', vendor: '', architecture: process.arch, software: true } as const;
  return { device: { ...processor, description: 'one thread' }, rows, ratios, goals, notes: [...notes] };
}

/** A graph of the shape with a share of its nodes and edges. */
function scaled(shape: ShapeName, share: number): Graph {
  const generated = namedShape(shape, 1, share);
  return arrange(gatherGraph(generated), { directed: generated.directed });
}

/** As many whole batches as are run, of training nodes in the order of an epoch; further epochs where one has too few. */
function seedsOf({ splits: [split] }: Graph): { batch: number; seeds: Uint32Array } {
  const train = Uint32Array.from(split.keys()).filter((node) => split[node] === SPLIT.train);
  const batch = Math.min(BATCH, train.length);
  const seeds = new Uint32Array(batch * (WARM_UP + SAMPLES));
  for (let at = 0, epoch = 0; at < seeds.length; epoch++) {
    for (const some of epochBatches(train, batch, deriveKey(seedKey(1), epoch, 0))) {
      if (some.length < batch || at === seeds.length) continue;
      seeds.set(some, at);
      at += batch;
    }
  }
  return { batch, seeds };
}

function ours({ graph, fanOut, batch, warmUp, seeds }: SamplerCase, features: boolean): BatchTime[] {
  const serve = memoryServer(graph);
  const locals = new Uint32Array(graph.nodes);
  const times: BatchTime[] = [];
  // As in training, where a batch is gathered in the memory of an earlier one.
  let room: ArrayBuffer | null = null;
  for (let at = 0; at < seeds.length; at += batch) {
    const [cpu, begun] = [process.cpuUsage(), performance.now()];
    const own = seeds.slice(at, at + batch);
    const { blocks } = driveSync(sampleNeighbors(own, fanOut, deriveKey(seedKey(2), at, 0), locals), serve);
    const rows = blocks[0].nodes;
    if (features) {
      room = roomFor(4 * graph.features.cols, rows.length, graph.nodes, room);
      serve({ table: 'features', rows, into: room });
    }
    const { user, system } = process.cpuUsage(cpu);
    const edges = blocks.reduce((sum, block) => sum + block.edgeIds.length, 0);
    const wallMs = performance.now() - begun;
    times.push({ cpuMs: (user + system) / 1000, wallMs, edges, nodes: blocks[0].nodes.length });
  }
  return times.slice(warmUp);
}
