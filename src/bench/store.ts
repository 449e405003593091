import { CPU } from '../device/cpu/bytes.ts';
import { medianInterval } from './stats.ts';
import { type OrderLoad, type OrderTimes, orderTable } from './storeOrders.ts';
import { ROW_BYTES, type StoreLoad, type StoreTimes } from './storeTimes.ts';
import type { BenchContext, BenchRow, Table } from './suite.ts';

/**
 * Writing and reading chunks in every store, by the size of the chunks: what `memory.store=auto` and its default chunks rest on;
 * and what batches read, by the order in which a graph's rows lie.
 */

export interface StoreSource {
  /** Names of the stores. */
  readonly stores: readonly string[];
  measure(store: string, load: StoreLoad): Promise<StoreTimes>;
  measureOrder(store: string, load: OrderLoad): Promise<OrderTimes>;
  close(): Promise<void>;
}

const CHUNKS = [64, 256, 1024, 4096].map((kib) => ({
  name: `${kib < 1024 ? kib : kib / 1024} ${kib < 1024 ? 'KB' : 'MB'}`,
  bytes: kib * 1024,
}));
const RUNS = 5;
const TOTAL = { usual: 64e6, quick: 8e6 };

const UNITS: Readonly<Record<keyof StoreTimes, string>> = {
  write: 'MB/s',
  read: 'MB/s',
  get: 'ms',
  rows: 'rows/s',
};
const NAMES: Readonly<Record<keyof StoreTimes, string>> = {
  write: 'write',
  read: 'read',
  get: 'one random chunk',
  rows: `random rows of ${ROW_BYTES} bytes`,
};
const MEASURES = Object.keys(UNITS) as (keyof StoreTimes)[];

export async function store({ only = '', quick = false, progress }: BenchContext, source: StoreSource) {
  const wanted = (name: string) => name.toLowerCase().includes(only.toLowerCase());
  const rows: BenchRow[] = [];
  const cells: (string | number)[][] = [];
  try {
    for (const { name: size, bytes } of CHUNKS) {
      for (const kind of source.stores) {
        const name = `${kind}, ${size}`;
        if (!wanted(name)) continue;
        const load = { chunkBytes: bytes, totalBytes: quick ? TOTAL.quick : TOTAL.usual };
        const runs: StoreTimes[] = [];
        // The first run creates files and warms the engine up.
        for (let run = 0; run <= RUNS; run++) runs.push(await source.measure(kind, load));
        const measured = MEASURES.map((measure) => medianInterval(runs.slice(1).map((times) => times[measure])));
        for (const [i, measure] of MEASURES.entries()) {
          rows.push({ name: `${name}: ${NAMES[measure]}`, unit: UNITS[measure], ...measured[i] });
        }
        cells.push([size, kind, ...measured.map(({ median }) => Number(median.toPrecision(3)))]);
        progress(
          `${name}: ${measured.map(({ median }, i) => `${median.toPrecision(3)} ${UNITS[MEASURES[i]]}`).join(', ')}`,
        );
      }
    }
    const orders = await orderTable({ measure: source.measureOrder, wanted, quick, rows, progress });
    return {
      device: CPU,
      rows,
      ratios: {},
      tables: [timesTable(cells), orders].filter((table) => table.rows.length > 0),
    };
  } finally {
    await source.close();
  }
}

function timesTable(rows: Table['rows']): Table {
  const columns = ['chunk', 'store', ...MEASURES.map((measure) => `${NAMES[measure]} (${UNITS[measure]})`)];
  return { title: `medians of ${RUNS} runs`, columns, rows };
}
