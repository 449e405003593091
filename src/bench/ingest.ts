import { CPU } from '../device/cpu/bytes.ts';
import { edgeListStream } from '../formats/edgeListStream.ts';
import type { GraphStream } from '../formats/graphStream.ts';
import type { RereadableFile } from '../formats/pieces.ts';
import { streamOf } from '../graph/generatedStream.ts';
import { namedShape } from '../graph/namedShapes.ts';
import { GRAPH500, rmat } from '../graph/rmat.ts';
import type { ShapeName } from '../graph/shapes.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { manifestBytes } from '../store/ingest.ts';
import { ingestForecast } from '../store/ingestPlan.ts';
import { shapeOf, streamIngest } from '../store/streamIngest.ts';
import type { BenchRow, Goal, Suite, Table } from './suite.ts';

/** Graphs that never are in memory, from a generator or a file into a store, within a worker budget. */

/** Where there is a disk. */
export interface IngestPlace {
  /** An empty store, until the next one. */
  store(): Promise<ChunkStore>;
  write(name: string, pieces: Iterable<Uint8Array>): Promise<RereadableFile>;
  /** Bytes of memory that the process has now, all told. */
  resident(): number;
  /** Seconds of processor time that the process took so far: busy cores stretch the clock, not this. */
  processor(): number;
}

const BUDGET = 512e6;
const SEED = 1;

interface Case {
  readonly name: string;
  /** Calls `begin` with the name of each task that belongs to storing the graph. */
  readonly open: (place: IngestPlace, quick: boolean, begin: (task: string) => void) => Promise<GraphStream>;
}

const shape = (name: ShapeName): Case => ({
  name,
  async open(_place, _quick, begin) {
    begin('Making labels and splits');
    return streamOf(namedShape(name, SEED));
  },
});

/** Small enough to see that the suite works. */
const QUICK = ['arxiv-shape', 'csv'];

/** A file of 20 million edges without anything else, as an R-MAT graph has them. */
const openCsv: Case['open'] = async (place, quick, begin) => {
  const edges = quick ? 100_000 : 20_000_000;
  const nodes = {
    nodes: edges / 20,
    classes: 1,
    features: 1,
    signal: 1,
    split: { train: 1, validation: 0 },
    seed: SEED,
  };
  const graph = rmat({ ...nodes, name: 'csv', edges, directed: false, quadrants: GRAPH500, noise: 0 });
  const text = new TextEncoder();
  function* lines() {
    for (const { source, target } of graph.edgeBlocks()) {
      yield text.encode(Array.from(source, (node, e) => `${node},${target[e]}\n`).join(''));
    }
  }
  const file = await place.write('csv', lines());
  begin('Reading the ids');
  return edgeListStream(file, { directed: false });
};

const CASES: readonly Case[] = [shape('arxiv-shape'), { name: 'csv', open: openCsv }, shape('products-shape')];

interface Measured {
  readonly edges: number;
  readonly storedBytes: number;
  readonly seconds: number;
  /** Seconds by task, and of processor time. */
  readonly tasks: Readonly<Record<string, number>>;
  readonly processor: Readonly<Record<string, number>>;
  readonly forecast: number;
  readonly peak: number;
  readonly resident: number;
}

async function measure(
  { name, open }: Case,
  place: IngestPlace,
  quick: boolean,
  say: (text: string) => void,
): Promise<Measured> {
  const store = await place.store();
  const tasks: Record<string, number> = {};
  const processor: Record<string, number> = {};
  let [task, since, resident, busy] = ['', 0, 0, 0];
  const begin = (following: string) => {
    if (task) {
      tasks[task] = (performance.now() - since) / 1e3;
      processor[task] = place.processor() - busy;
      say(`${name}: ${task}: ${tasks[task].toFixed(1)} s`);
    }
    [task, since, busy] = [following, performance.now(), place.processor()];
  };
  const stream = await open(place, quick, begin);
  const forecast = ingestForecast(shapeOf(stream), { memoryBytes: BUDGET }).host;
  const { manifest, peakBytes } = await streamIngest(stream, store, {
    id: name,
    memoryBytes: BUDGET,
    onProgress(progress) {
      if (progress.task !== task) begin(progress.task);
      resident = Math.max(resident, place.resident());
    },
  });
  begin('');
  const seconds = Object.values(tasks).reduce((sum, part) => sum + part, 0);
  const storedBytes = manifestBytes(manifest);
  return { edges: stream.edges, storedBytes, seconds, tasks, processor, forecast, peak: peakBytes, resident };
}

export async function ingestSuite(
  { only, quick = false, progress }: Parameters<Suite>[0],
  place: IngestPlace,
): Promise<Awaited<ReturnType<Suite>>> {
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const parts: (string | number)[][] = [];
  const wanted = CASES.filter(({ name }) => name.includes(only ?? '') && (!quick || QUICK.includes(name)));
  for (const one of wanted) {
    const measured = await measure(one, place, quick, progress);
    const row = (what: string, unit: string, value: number) => {
      rows.push({ name: `${one.name}: ${what}`, unit, median: value, lo: value, hi: value });
    };
    row('listed edges', 'edges per second', measured.edges / measured.seconds);
    row('stored', 'bytes per second', measured.storedBytes / measured.seconds);
    row('counted peak', 'bytes', measured.peak);
    row('forecast', 'bytes', measured.forecast);
    row('whole process', 'bytes', measured.resident);
    const met = measured.peak <= measured.forecast && measured.forecast <= BUDGET;
    goals.push({ name: `${one.name}: worker memory`, unit: 'bytes', most: BUDGET, value: measured.peak, met });
    for (const [task, seconds] of Object.entries(measured.tasks))
      parts.push([one.name, task, seconds.toFixed(1), measured.processor[task].toFixed(1)]);
  }
  const tables: Table[] = [
    { title: 'Where the time goes', columns: ['graph', 'task', 'seconds', 'processor seconds'], rows: parts },
  ];
  return { device: CPU, rows, ratios: {}, goals, tables };
}
