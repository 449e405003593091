import { bitsOf, copyPieces, rowPieces } from '../graph/copyPieces.ts';
import { deriveKey } from '../graph/random.ts';
import type { Part } from '../tensor/passes/cut.ts';
import type { Value } from '../tensor/value.ts';
import type { RecipeName } from './batchSource.ts';
import { writeFeed } from './feed.ts';
import type { GraphInputs } from './inputs.ts';
import { cutsBytes, type LevelBatches, type Levels, lastReads, partInputs } from './layerwise.ts';
import { type Arrival, fetchSample, type Pass, type PassContext, stepOf, waitedFor } from './passes.ts';
import { prefetched } from './prefetch.ts';
import { type Request, USE } from './requests.ts';

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
      const held = new Map<Value, Float32Array>();
      const hold = (value: Value, rows: number) => {
        const array = new Float32Array(rows * value.cols);
        held.set(value, array);
        host.add('levels', array.byteLength);
      };
      const giveUp = (value: Value) => {
        host.remove('levels', held.get(value)?.byteLength ?? 0);
        held.delete(value);
      };
      const arrivals = prefetched(runs, context.batches!.ahead, fetch, ({ bytes }) => host.remove('batch', bytes));
      try {
        for (const [place, { level, routine, reads, keeps }] of parts.entries()) {
          const [targets, sources] = batches[level].capacity.nodes;
          const gathers = reads.filter(({ from }) => held.has(from));
          for (const value of keeps) hold(value, graph.nodes);
          for (const { into, at } of gathers) hold(into, at === 'sources' ? sources : targets);

          for (const { begin } of rangesOf(batches[level])) {
            await context.before('batch');
            const coming = arrivals.next().then(({ value }) => value as Awaited<ReturnType<typeof fetch>>);
            const { feed, bytes, seeds } = await waitedFor(times, coming);
            if (!feed) throw new Error(`${routine}: a batch of ${seeds.length} nodes is over its capacity`);
            const begun = performance.now();
            writeFeed(executor, feed);
            const ids = feed.arrays.find(([value]) => value === fedTo[place].model.ids[0])![1] as Uint32Array;
            for (const { from, into, at } of gathers) {
              const nodes = at === 'sources' ? ids : seeds;
              const rows = held.get(into)!.subarray(0, nodes.length * from.cols);
              copyPieces(bitsOf(held.get(from)!), rowPieces(nodes, from.cols), bitsOf(rows), false);
              executor.write(into, rows);
            }
            times.upload += performance.now() - begun;
            host.remove('batch', bytes);
            const first = begin === 0 ? 1 : 0;
            await executor.run(routine, stepOf(context, feed.sizes, { lossScale: 1, first, firstPart: first }));
            for (const value of keeps) {
              const rows = (await executor.read(value)) as Float32Array;
              host.add('levels', rows.byteLength);
              // Before the last part, nodes are all nodes: they lie side by side.
              held.get(value)!.set(rows.subarray(0, seeds.length * value.cols), begin * value.cols);
              host.remove('levels', rows.byteLength);
            }
            if (routine === 'evaluate') await visit?.(seeds);
          }
          for (const { into } of gathers) giveUp(into);
          for (const [value, end] of last) if (end === place) giveUp(value);
        }
      } finally {
        for (const value of [...held.keys()]) giveUp(value);
        await arrivals.return();
      }
    },
  };
}

function rangesOf({ cuts }: LevelBatches): { begin: number; end: number }[] {
  return Array.from({ length: cuts.length - 1 }, (_, i) => ({ begin: cuts[i], end: cuts[i + 1] }));
}
