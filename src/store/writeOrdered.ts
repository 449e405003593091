import { bytesOf } from '../formats/matrix.ts';
import type { Ordering } from '../graph/ordering.ts';
import type { ChunkStore } from './chunkStore.ts';
import { drive, serveGraph } from './graphStore.ts';
import type { ArrayWriter, GraphWriter } from './graphWriter.ts';
import { ANSWER_ROW_BYTES, type IngestPlan, orderedBytes } from './ingestPlan.ts';
import {
  byteLength,
  chunkFolder,
  findArray,
  isOfRows,
  type Manifest,
  ORDER,
  ORDERED_TABLES,
  orderedName,
  type StoredArray,
} from './manifest.ts';
import type { Meter } from './meter.ts';
import { readIndptr } from './readArray.ts';

export interface OrderedTask {
  /** Of the graph as it was written in the order of its nodes. */
  readonly manifest: Manifest;
  readonly ordering: Ordering;
  readonly store: ChunkStore;
  readonly writer: GraphWriter;
  readonly plan: IngestPlan;
  readonly meter: Meter;
  /** Called often, with the bytes that were read since the last call; `task` begins another. */
  readonly onward: (task: string, total: number) => (bytes: number) => Promise<void>;
}

/**
 * Writes the rows once more, in their order, a few megabytes at a time: each time, the rows that come next are gathered from all
 * over the store. What was written in the order of the nodes is deleted. Returns all arrays.
 */
export async function writeOrdered(task: OrderedTask): Promise<StoredArray[]> {
  const { manifest, ordering, store, writer, plan, meter } = task;
  const { id, nodes, arrays, tables } = manifest;
  const held = orderedBytes(nodes, writer.chunkBytes);
  meter.add(held + plan.answerBytes);
  const { serve } = await serveGraph(store, manifest, 0);
  const neighbors = await readIndptr(store, manifest, 'neighbors');
  const neighborBytes = findArray(arrays, 'neighbors.values') ? 8 : 4;
  const swept = task.onward('Ordering the rows', ordering.sweeps * byteLength(findArray(arrays, 'neighbors.indices')!));
  const order = await drive(
    ordering.order(neighbors, Math.floor(plan.answerBytes / neighborBytes)),
    async (request) => {
      const answer = await serve(request);
      await swept(answer.table.kind === 'sparse' ? answer.table.indices.byteLength : 0);
      return answer;
    },
  );

  const moved = new Map<string, StoredArray>();
  const rowArrays = arrays.filter(({ name }) => isOfRows(name));
  const onward = task.onward(
    'Moving the rows',
    rowArrays.reduce((sum, array) => sum + byteLength(array), 0),
  );
  for (const table of ORDERED_TABLES) {
    const { kind, cols } = tables[table];
    const indptr =
      kind === 'dense' ? null : table === 'neighbors' ? neighbors : await readIndptr(store, manifest, table);
    const parts = (['indices', 'values'] as const).flatMap((part) => {
      const array = rowArrays.find(({ name }) => name === `${table}.${part}`);
      return array ? [{ part, name: array.name, out: writer.array(orderedName(array.name), array.type) }] : [];
    });
    const entryBytes = 4 * parts.length;
    const bytesAt = (node: number) => ANSWER_ROW_BYTES + entryBytes * (indptr ? indptr[node + 1] - indptr[node] : cols);
    const mostEntries = Math.floor((plan.answerBytes - ANSWER_ROW_BYTES) / entryBytes);
    for (let begin = 0, end = 0; begin < nodes; begin = end) {
      let bytes = bytesAt(order[begin]);
      for (end = begin + 1; end < nodes && bytes + bytesAt(order[end]) <= plan.answerBytes; end++) {
        bytes += bytesAt(order[end]);
      }
      const rows = order.slice(begin, end);
      // One row by itself may be longer than what is gathered at once.
      const length = indptr ? indptr[rows[0] + 1] - indptr[rows[0]] : 0;
      let from = 0;
      do {
        const answer = (await serve({ table, rows, entries: [from, from + mostEntries] })).table;
        from += mostEntries;
        for (const { part, out } of parts) {
          const values = part === 'values' ? answer.values! : answer.kind === 'sparse' && answer.indices;
          if (!values) continue;
          await out.write(bytesOf(values));
          await onward(values.byteLength);
        }
      } while (from < length);
    }
    for (const { name, out } of parts) {
      moved.set(name, await out.finish());
      await store.delete(`${chunkFolder(id)}${name}/`);
    }
  }
  const out: ArrayWriter = writer.array(ORDER, 'u32');
  await out.write(bytesOf(order));
  const last = await out.finish();
  meter.remove(held + plan.answerBytes);
  return [...arrays.map((array) => moved.get(array.name) ?? array), last];
}
