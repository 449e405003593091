import { SPLIT } from '../formats/graphData.ts';
import { streamOf } from '../graph/generatedStream.ts';
import { namedShape } from '../graph/namedShapes.ts';
import { epochBatches, sampleNeighbors } from '../graph/neighborSampler.ts';
import { ORDERING_NAMES, type OrderingName } from '../graph/ordering.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import type { RowRequest } from '../graph/request.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import { drive, openGraph } from '../store/graphStore.ts';
import { manifestBytes } from '../store/ingest.ts';
import { deleteGraph } from '../store/manifest.ts';
import { openStored } from '../store/storedGraph.ts';
import { streamIngest } from '../store/streamIngest.ts';
import { medianInterval } from './stats.ts';
import type { BenchRow, Table } from './suite.ts';

/**
 * What batches of `arxiv-shape` read with a quarter of it cached, by the order in which its rows lie; wherever the store is. The
 * generator numbers the nodes at random: classes and hubs are spread over all of them.
 */

export interface OrderLoad {
  readonly ordering: OrderingName;
  readonly chunkBytes: number;
  readonly batch: number;
  /** Share of the shape's nodes and edges. */
  readonly share: number;
}

/** Per batch, but for the first ones, which fill the cache. */
export interface OrderTimes {
  /** Shares of the look-ups of chunks, and of the rows asked for, that the cache answered. */
  readonly chunksFound: number;
  readonly rowsFound: number;
  readonly bytesRead: number;
  /** Of the feature rows that the cache did not have: what reading rows instead of chunks would read. */
  readonly rowBytes: number;
  /** Milliseconds of each batch until all rows were there. */
  readonly readMs: readonly number[];
}

/** Where graphs are kept. */
const KEPT_IN = ['IndexedDB', 'OPFS', 'file'];
/** Batches as in training in chunks as usual; and small ones, whose rows lie in few chunks if these are small too. */
const BATCHES: readonly Pick<OrderLoad, 'batch' | 'chunkBytes'>[] = [
  { batch: 1024, chunkBytes: 256 * 1024 },
  { batch: 64, chunkBytes: 32 * 1024 },
];
const QUICK_SHARE = 1 / 20;

const SHAPE = 'arxiv-shape';
const FAN_OUT = [10, 10];
const WARM_UP = 20;
const SAMPLES = 20;
const GRAPH = 'bench-order';

/** One ingest and some batches, which leave the store as it was. */
export async function measureOrder(store: ChunkStore, load: OrderLoad): Promise<OrderTimes> {
  const { ordering, chunkBytes, batch, share } = load;
  const stream = streamOf(namedShape(SHAPE, 1, share));
  const { manifest } = await streamIngest(stream, store, { id: GRAPH, ordering, chunkBytes });
  const { splits, features } = await openStored(store, GRAPH);
  const train = Uint32Array.from(splits[0].keys()).filter((node) => splits[0][node] === SPLIT.train);
  const { serve, stats } = await openGraph(store, GRAPH, Math.floor(manifestBytes(manifest) / 4));
  const locals = new Uint32Array(manifest.nodes);
  const readMs: number[] = [];
  let before = { ...stats };
  let missing = 0;
  for (let i = 0; i < WARM_UP + SAMPLES; i++) {
    if (i === WARM_UP) before = { ...stats };
    const seeds = epochBatches(train, Math.min(batch, train.length), deriveKey(seedKey(1), i, 0))[0];
    let ms = 0;
    const timed = async (request: RowRequest) => {
      const begun = performance.now();
      const rows = await serve(request);
      ms += performance.now() - begun;
      return rows;
    };
    const { blocks } = await drive(sampleNeighbors(seeds, FAN_OUT, deriveKey(seedKey(2), i, 0), locals), timed);
    const { rows, rowsFound } = stats;
    await timed({ table: 'features', rows: blocks[0].nodes });
    if (i < WARM_UP) continue;
    missing += stats.rows - rows - (stats.rowsFound - rowsFound);
    readMs.push(ms);
  }
  await deleteGraph(store, GRAPH);
  const since = (count: keyof typeof stats) => stats[count] - before[count];
  return {
    chunksFound: since('hits') / (since('hits') + since('misses')),
    rowsFound: since('rowsFound') / since('rows'),
    bytesRead: since('bytesRead') / SAMPLES,
    rowBytes: (4 * features.cols * missing) / SAMPLES,
    readMs,
  };
}

/** Adds a row for the reading time of each case; `wanted` says which. */
export async function orderTable({ measure, wanted, quick, rows, progress }: OrderSuite): Promise<Table> {
  const cells: (string | number)[][] = [];
  for (const { batch, chunkBytes } of BATCHES) {
    for (const kind of KEPT_IN) {
      for (const ordering of ORDERING_NAMES) {
        const name = `${kind}, order ${ordering}, batches of ${batch.toLocaleString('en')}`;
        if (!wanted(name)) continue;
        const load = { ordering, batch, chunkBytes, share: quick ? QUICK_SHARE : 1 };
        const { chunksFound, rowsFound, bytesRead, rowBytes, readMs } = await measure(kind, load);
        const ms = medianInterval(readMs);
        rows.push({ name: `${name}: reading`, unit: 'ms per batch', ...ms });
        const shares = [chunksFound, rowsFound].map((share) => Number((100 * share).toPrecision(3)));
        const amounts = [bytesRead / 1e6, rowBytes / 1e6, ms.median].map((amount) => Number(amount.toPrecision(3)));
        cells.push([batch, `${chunkBytes / 1024} KB`, kind, ordering, ...shares, ...amounts]);
        progress(`${name}: ${shares[0]} % of chunks, ${shares[1]} % of rows found, ${amounts[0]} MB, ${amounts[2]} ms`);
      }
    }
  }
  return { title: `${SHAPE}, fan-out ${FAN_OUT}, a quarter cached, per batch`, columns: COLUMNS, rows: cells };
}

const COLUMNS = [
  'batch',
  'chunk',
  'store',
  'order',
  'chunks found, %',
  'rows found, %',
  'read, MB',
  'rows not found, MB',
  'reading, ms',
];

export interface OrderSuite {
  measure(store: string, load: OrderLoad): Promise<OrderTimes>;
  wanted(name: string): boolean;
  readonly quick: boolean;
  readonly rows: BenchRow[];
  progress(text: string): void;
}
