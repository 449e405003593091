import { copyRows } from '../graph/memoryServer.ts';
import { deriveKey } from '../graph/random.ts';
import type { Part } from '../tensor/passes/cut.ts';
import type { Value } from '../tensor/value.ts';
import type { RecipeName } from './batchSource.ts';
import { writeFeed } from './feed.ts';
import type { GraphInputs } from './inputs.ts';
import { cutsBytes, keptBytes, type LevelBatches, type Levels, lastReads, partInputs } from './layerwise.ts';
import {
  type Arrival,
  fetchSample,
  type Pass,
  type PassContext,
  type Request,
  stepOf,
  USE,
  waitedFor,
} from './passes.ts';
import { prefetched } from './prefetch.ts';

/** One run of a part: the nodes between two places of its level's list. */
interface Batch {
  /** Of the part, among the parts. */
  readonly place: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Runs the parts of an evaluation one after the other, each over all its nodes; rows that later parts read are in main memory in
 * between. Batches of the next part are sampled ahead: who the neighbours are does not depend on rows.
 */
export function layerwisePass(
  context: PassContext,
  parts: readonly Part[],
  { batches }: Levels,
  inputs: GraphInputs,
): Pass {
  const { executor, host, graph, times, root } = context;
  const fedTo = parts.map((part) => partInputs(part, inputs));
  const last = lastReads(parts);
  const runs = parts.flatMap(({ level }, place) =>
    rangesOf(batches[level]).map((range): Batch => ({ place, ...range })),
  );
  const key = deriveKey(root, 0, USE.evaluate);

  const fetch = async ({ place, begin, end }: Batch): Promise<Arrival & Pick<Request, 'seeds'>> => {
    const { level } = parts[place];
    const { nodes } = batches[level];
    const seeds = nodes ? nodes.slice(begin, end) : Uint32Array.from({ length: end - begin }, (_, i) => begin + i);
    const fanOut = level > 0 ? [-1] : [];
    return {
      seeds,
      ...(await fetchSample(context, parts[place].routine as RecipeName, { seeds, fanOut, key, dropKey: null })),
    };
  };

  return {
    prepare() {
      host.add('levels', cutsBytes(batches));
    },
    async epoch(_epoch, visit) {
      const kept = new Map<Value, Float32Array>();
      const giveUp = (value: Value) => {
        if (kept.delete(value)) host.remove('levels', keptBytes(value, graph.nodes));
      };
      const arrivals = prefetched(runs, context.batches!.ahead, fetch, ({ bytes }) => host.remove('batch', bytes));
      try {
        for (const [i, { place, begin }] of runs.entries()) {
          const { routine, reads, keeps } = parts[place];
          await context.before('batch');
          if (begin === 0) {
            for (const value of keeps) {
              kept.set(value, new Float32Array(graph.nodes * value.cols));
              host.add('levels', keptBytes(value, graph.nodes));
            }
          }
          const coming = arrivals.next().then(({ value }) => value as Awaited<ReturnType<typeof fetch>>);
          const { feed, bytes, seeds } = await waitedFor(times, coming);
          if (!feed) throw new Error(`${routine}: a batch of ${seeds.length} nodes is over its capacity`);

          const begun = performance.now();
          writeFeed(executor, feed);
          const [sources] = fedTo[place].model.ids;
          const rows = { sources: feed.arrays.find(([value]) => value === sources)![1] as Uint32Array, targets: seeds };
          let fed = 0;
          for (const { from, into, at } of reads) {
            const source = kept.get(from);
            if (!source) continue;
            const gathered = new Float32Array(rows[at].length * from.cols);
            host.add('levels', gathered.byteLength);
            fed += gathered.byteLength;
            copyRows(source, rows[at], from.cols, gathered);
            executor.write(into, gathered);
          }
          times.upload += performance.now() - begun;
          host.remove('batch', bytes);
          host.remove('levels', fed);
          const first = begin === 0 ? 1 : 0;
          await executor.run(routine, stepOf(context, feed.sizes, { lossScale: 1, first, firstPart: first }));

          for (const value of keeps) {
            const back = (await executor.read(value)) as Float32Array;
            host.add('levels', back.byteLength);
            // Before the last part, nodes are all nodes: they lie side by side.
            kept.get(value)!.set(back.subarray(0, seeds.length * value.cols), begin * value.cols);
            host.remove('levels', back.byteLength);
          }
          if (routine === 'evaluate') await visit?.(seeds);
          if (runs[i + 1]?.place !== place) for (const [value, end] of last) if (end === place) giveUp(value);
        }
      } finally {
        for (const value of [...kept.keys()]) giveUp(value);
        await arrivals.return();
      }
    },
  };
}

function rangesOf({ cuts }: LevelBatches): { begin: number; end: number }[] {
  return Array.from({ length: cuts.length - 1 }, (_, i) => ({ begin: cuts[i], end: cuts[i + 1] }));
}
