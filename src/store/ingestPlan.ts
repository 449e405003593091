import { InputError } from '../config/errors.ts';
import type { FeatureRows, GraphStream } from '../formats/graphStream.ts';
import { ORDERING_ROWS, type OrderingName, orderingBytes } from '../graph/ordering.ts';
import { DEFAULT_CHUNK_BYTES, wholeNumbers } from './graphWriter.ts';

/** How a graph in pieces is stored within a budget of memory: sizes alone decide, never what the edges are. */

export interface IngestBudget {
  /** What the worker may hold, apart from the code and the manifest; default 256 MiB. */
  readonly memoryBytes?: number;
  readonly chunkBytes?: number;
  /** What is sorted at once, if the edges are spread evenly; default 16 MiB, about what a processor's cache holds. */
  readonly bucketBytes?: number;
  /** What is gathered of a bucket before it is written, at the most; default 256 KiB. */
  readonly bufferBytes?: number;
  /** In which order the rows are written; default: as the nodes come. */
  readonly ordering?: OrderingName;
}

export const DEFAULT_MEMORY_BYTES = 256 * 2 ** 20;
const BUCKET_BYTES = 16 * 2 ** 20;
const BUFFER_BYTES = 256 * 1024;
/** Smaller writes would cost more than a second pass over a bucket that is too large. */
const LEAST_BUFFER = 16 * 1024;
/** Features are taken so many bytes at a time, and at least one row. */
const FEATURE_BYTES = 2 ** 20;
/** An array of a table, each with the rest of a chunk: indptr, indices, values, degree. */
const WRITERS = 4;
/** Rows of a bucket at the most: what is kept per row of it stays small beside what is kept per node. */
const MOST_ROWS = 2 ** 20;

/** Rows that move into another order are gathered so many bytes at a time: the more, the less often everything is read. */
const MOST_ANSWER = 64 * 2 ** 20;
const LEAST_ANSWER = 256 * 1024;

/** The sizes of a graph in pieces. */
export interface StreamShape extends Pick<GraphStream, 'name' | 'nodes' | 'edges' | 'weighted' | 'hostBytes'> {
  /** How many the source offers; one is drawn where it offers none. */
  readonly splits: number;
  readonly features: Pick<FeatureRows, 'kind' | 'cols' | 'valued' | 'rowEntries'>;
  /** Labels of all nodes together, where some have several; else null. */
  readonly labelEntries: number | null;
  /** Of node names and coordinates, as stored. */
  readonly extraBytes: number;
}

export interface IngestPlan {
  /** Row r is in bucket r >>> shift. */
  readonly shift: number;
  readonly buckets: number;
  /** Bytes of a bucket's write buffer: whole records. */
  readonly bufferBytes: number;
  /** Entries that are sorted at once at the most; a row alone may not have more. */
  readonly sortEntries: number;
  readonly featureRows: number;
  /** Bytes of rows that are gathered at once where the rows move into another order; 0 where they do not. */
  readonly answerBytes: number;
  /** Bytes held at the most by part: always, and beside that while edges are read, sorted, features written, and rows moved. */
  readonly host: Readonly<Record<'always' | 'read' | 'sort' | 'features' | 'order', number>>;
}

/** Words of a record in a bucket: row and direction, column, weight. */
export const recordWords = (weighted: boolean) => (weighted ? 3 : 2);

/** Bytes per entry while a bucket is sorted: its key; and its weight, and at the most as many again for the row at hand. */
export const sortBytes = (weighted: boolean) => (weighted ? 4 + 4 + 8 + 4 : 4);

/** Bytes per row of the bucket that is sorted: where its next entry goes, its end in the whole, its degree. */
export const ROW_BYTES = 12;

/** Bytes per node to draw a split: members of classes and their shuffled copies. */
export const DRAW_BYTES = 24;

/** @throws InputError with the numbers where the budget is too small for this graph */
export function planIngest(shape: StreamShape, budget: IngestBudget): IngestPlan {
  const { name, nodes, edges, weighted, features } = shape;
  const { memoryBytes = DEFAULT_MEMORY_BYTES, bucketBytes = BUCKET_BYTES, ordering = 'none' } = budget;
  // Row and direction share a word.
  if (nodes > 2 ** 31) throw new InputError(`${name} has ${nodes} nodes; the most that can be stored are ${2 ** 31}.`);
  const chunkBytes = wholeNumbers(budget.chunkBytes ?? DEFAULT_CHUNK_BYTES);
  const recordBytes = 4 * recordWords(weighted);
  const whole = (bytes: number) => Math.max(recordBytes, Math.floor(bytes / recordBytes) * recordBytes);
  const mostBuffer = whole(budget.bufferBytes ?? BUFFER_BYTES);
  const leastBuffer = Math.min(whole(LEAST_BUFFER), mostBuffer);
  const allSorted = 2 * edges * sortBytes(weighted);
  const featureRows = Math.min(nodes, Math.max(1, Math.floor(FEATURE_BYTES / (4 * features.rowEntries))));

  const bucketsOf = (shift: number) => Math.ceil(nodes / 2 ** shift);
  const moving = ordering === 'none' ? 0 : orderedBytes(nodes, chunkBytes);
  const wholeAnswer = nodes * ANSWER_ROW_BYTES + 8 * Math.max(2 * edges, nodes * features.rowEntries);
  const leastAnswer =
    moving && Math.min(wholeAnswer, Math.max(LEAST_ANSWER, ANSWER_ROW_BYTES + 8 * features.rowEntries));
  /** Beside what is always held. Of each bucket it is known how full its buffer is, and how often that was written. */
  const phases = (shift: number, bufferBytes: number, sorted: number) => {
    const counters = 4 * bucketsOf(shift);
    const rows = ROW_BYTES * (Math.min(nodes, 2 ** shift) + 1);
    return {
      read: bucketsOf(shift) * bufferBytes + 2 * counters,
      sort: counters + bufferBytes + WRITERS * chunkBytes + rows + sorted,
      features: counters + featureRowBytes(features) * featureRows + 3 * chunkBytes,
      order: moving && counters + moving + leastAnswer,
    };
  };
  const leastOf = (shift: number) => most(phases(shift, leastBuffer, Math.min(allSorted, leastBuffer)));
  const always = alwaysBytes(shape);
  const spare = memoryBytes - always;
  const shifts = Array.from({ length: 32 }, (_, shift) => shift);
  const fitting = shifts.filter((shift) => leastOf(shift) <= spare);
  if (fitting.length === 0 || memoryBytes < drawBytes(shape)) {
    const least = Math.max(drawBytes(shape), always + Math.min(...shifts.map(leastOf)));
    throw new InputError(
      `Storing ${name} (${nodes} nodes, ${edges} edges) takes at least ${least} bytes of worker memory, but the budget ` +
        `is ${memoryBytes}: raise it.`,
    );
  }
  // So many buckets that each is small, as far as there is memory for their buffers.
  const mostHeld = Math.max(4 * bucketBytes, memoryBytes / 4);
  const small = Math.min(allSorted / bucketBytes, mostHeld / mostBuffer);
  const wanted = Math.log2(nodes / Math.max(small, nodes / MOST_ROWS, 1));
  const shift = fitting.reduce((best, next) => (Math.abs(next - wanted) < Math.abs(best - wanted) ? next : best));
  const bufferBytes = 2 * most(phases(shift, mostBuffer, 0)) <= spare ? mostBuffer : leastBuffer;
  const room = spare - phases(shift, bufferBytes, 0).sort;
  const sorted = Math.min(allSorted, mostHeld, room);
  const sortEntries = Math.floor(sorted / sortBytes(weighted));
  const counted = moving && 4 * bucketsOf(shift) + moving;
  const answerBytes = moving && Math.min(wholeAnswer, MOST_ANSWER, spare - counted);
  const host = { always, ...phases(shift, bufferBytes, sorted), order: counted + answerBytes };
  return { shift, buckets: bucketsOf(shift), bufferBytes, sortEntries, featureRows, answerBytes, host };
}

const most = (phases: Readonly<Record<string, number>>) => Math.max(...Object.values(phases));

export interface IngestForecast {
  /** Bytes that the worker holds at the most. */
  readonly host: number;
  /** Bytes in the store at the most while it is written, and what stays. Without the manifest. */
  readonly disk: number;
  readonly stored: number;
}

/** What storing a graph takes, before any of it is read. Throws InputError where it cannot fit. */
export function ingestForecast(shape: StreamShape, budget: IngestBudget = {}): IngestForecast {
  const { nodes, edges, weighted, features, labelEntries, extraBytes } = shape;
  const { host } = planIngest(shape, budget);
  const entries = 2 * edges;
  const neighbors = 4 * (nodes + 1) + entries * (weighted ? 8 : 4);
  const sparse = features.kind === 'sparse' ? 4 * (nodes + 1) + 4 * nodes * features.rowEntries : 0;
  const values = features.valued ? 4 * nodes * features.rowEntries : 0;
  const labels = labelEntries === null ? 4 * nodes : 4 * (nodes + 1 + labelEntries);
  const rows = sparse + values;
  const ordered = (budget.ordering ?? 'none') !== 'none';
  const nodeBytes = labels + 4 * nodes + nodes * Math.max(1, shape.splits) + extraBytes + (ordered ? 4 * nodes : 0);
  const stored = neighbors + rows + nodeBytes;
  // Rows of one table at a time lie there twice.
  const moving = ordered ? stored + Math.max(neighbors, rows) : 0;
  // A bucket is deleted when all of its rows are written.
  const sorting = entries * 4 * recordWords(weighted) + neighbors + 4 * nodes;
  const peak = host.always + Math.max(host.read, host.sort, host.features, host.order);
  return { host: Math.max(peak, drawBytes(shape)), disk: Math.max(stored, sorting, moving), stored };
}

/** Entries per row; labels; the splits of the source and those that are stored; names and coordinates; the source's own. */
export function alwaysBytes({ nodes, splits, extraBytes, hostBytes }: StreamShape): number {
  return 4 * nodes + 4 * nodes + 2 * nodes * Math.max(1, splits) + extraBytes + hostBytes;
}

/** Before anything else is held but what the source keeps and the labels. */
function drawBytes({ nodes, splits, hostBytes, extraBytes }: StreamShape): number {
  return splits > 0 ? 0 : hostBytes + extraBytes + (4 + DRAW_BYTES) * nodes;
}

/** Beside the rows themselves, per row of an answer: places, offsets and the order in which they are read. */
export const ANSWER_ROW_BYTES = 32;

/** While rows move, beside those at hand: row offsets of three tables and of one again, the order, and chunks read and written. */
export function orderedBytes(nodes: number, chunkBytes: number): number {
  return 4 * 4 * (nodes + 1) + orderingBytes(nodes) + ANSWER_ROW_BYTES * ORDERING_ROWS + 5 * chunkBytes;
}

/** A row of features as it came, its canonical copy, and its offsets in both. */
export function featureRowBytes({ rowEntries }: Pick<StreamShape['features'], 'rowEntries'>): number {
  return (8 + 8) * rowEntries + 12;
}
