import { InputError } from '../config/errors.ts';
import type { GraphStream } from '../formats/graphStream.ts';
import { bytesOf } from '../formats/matrix.ts';
import { arrangeNodes, checkEdge, checkEdgeCount, checkNodeCount, noteDropped } from '../graph/arrange.ts';
import { identityRows } from '../graph/featureRows.ts';
import { streamFingerprint } from '../graph/fingerprintStream.ts';
import { ORDERINGS } from '../graph/ordering.ts';
import type { ChunkStore } from './chunkStore.ts';
import { type EdgeBuckets, edgeBuckets } from './edgeBuckets.ts';
import { type About, type WriterOptions, writeGraph } from './graphWriter.ts';
import { extrasOf, noted } from './ingest.ts';
import { alwaysBytes, DRAW_BYTES, type IngestBudget, planIngest, recordWords, type StreamShape } from './ingestPlan.ts';
import { type Onward, type ProgressOptions, progressOf } from './ingestProgress.ts';
import type { Manifest } from './manifest.ts';
import { newMeter } from './meter.ts';
import { writeNeighbors } from './writeNeighbors.ts';
import { writeFeatures, writeNodes } from './writeNodes.ts';
import { writeOrdered } from './writeOrdered.ts';

export interface StreamIngestOptions extends WriterOptions, IngestBudget, ProgressOptions {
  /** Its name in the store: 1 to 64 of a-z, 0-9, "_" and "-". The fingerprint is not known before the end. */
  readonly id: string;
  /** Seed of the split that is drawn where the source offers none; default 0. */
  readonly splitSeed?: number;
}

export interface StreamIngested {
  readonly manifest: Manifest;
  /** The most that was held at once, counted; `ingestForecast` promises that it is no more. */
  readonly peakBytes: number;
}

/** The sizes by which a stream is planned and forecast. */
export function shapeOf(stream: GraphStream, extras = extrasOf(stream)): StreamShape {
  const { name, nodes, edges, weighted, splits, hostBytes } = stream;
  const features = stream.features ?? identityRows(nodes);
  const extraBytes = extras.reduce((sum, [, array]) => sum + array.byteLength, 0);
  const labelEntries = stream.labelSets?.indices.length ?? null;
  return { name, nodes, edges, weighted, features, labelEntries, splits: splits.length, extraBytes, hostBytes };
}

/**
 * Stores a graph that arrives in pieces, to the byte as `ingest(arrange(…))` would, in memory that grows with its nodes and
 * with neither its edges nor its features: the edges are bucket-sorted through the store. What fails or is aborted leaves
 * nothing of that id behind.
 *
 * @throws InputError where the budget is too small or the graph is not one; the signal's reason
 */
export async function streamIngest(
  stream: GraphStream,
  store: ChunkStore,
  options: StreamIngestOptions,
): Promise<StreamIngested> {
  const { name, nodes, edges, directed, selfLoops, weighted, classNames } = stream;
  const features = stream.features ?? identityRows(nodes);
  checkNodeCount(name, nodes);
  checkEdgeCount(name, edges);
  const extras = extrasOf(stream);
  const shape = shapeOf(stream, extras);
  const plan = planIngest(shape, options);
  const meter = newMeter();
  const notes: string[] = [];
  if (stream.splits.length === 0) meter.add(DRAW_BYTES * nodes);
  const ofNodes = arrangeNodes(stream, options.splitSeed ?? 0, notes);
  meter.remove(meter.held);
  meter.add(alwaysBytes(shape));

  const manifest = await writeGraph(store, options.id, options, async (writer) => {
    const onward = (task: string, total: number) => progressOf(task, total, options);
    const hashes = await streamFingerprint();
    const { shift, buckets, bufferBytes } = plan;
    const { id, signal } = options;
    const sorted = edgeBuckets({ store, id, nodes, weighted, selfLoops, shift, buckets, bufferBytes, meter, signal });
    const entries = await readEdges(stream, sorted, onward('Reading the edges', edges * (weighted ? 12 : 8)));
    const bytes = entries * 4 * recordWords(weighted);
    const {
      counts,
      loops,
      arrays: topology,
    } = await writeNeighbors({
      ...{ name, nodes, directed, weighted, plan, buckets: sorted, writer, hashes, meter },
      onward: onward('Sorting the edges', bytes),
    });
    const said = [...stream.notes];
    noteDropped(name, edges - entries / 2, entries / 2 - counts.oneWay, weighted, said);

    const { arrays: table, largest } = await writeFeatures({
      ...{ name, nodes, features, plan, writer, hashes, meter },
      onward: onward('Writing the features', nodes * features.rowEntries * 4),
    });
    const small = await writeNodes(ofNodes, writer, hashes);
    for (const [array, values] of extras) {
      const out = writer.array(array, array === 'positions' ? 'f32' : 'u8');
      await out.write(bytesOf(values));
      small.push(await out.finish());
    }
    const [indptr, indices, ...weights] = [topology.indptr, topology.indices, topology.values].filter(
      (a) => a !== null,
    );
    const column = { kind: 'dense', rows: nodes, cols: 1 } as const;
    const about = {
      ...{ name, nodes, classNames, edges: (counts.bothWays + loops) / 2, notes: [...said, ...notes] },
      symmetric: counts.asListed || !directed,
      largestFeature: largest,
      fingerprint: hashes.finish({ nodes, cols: features.cols, weighted: topology.values !== null }),
      tables: {
        neighbors: { kind: 'sparse', rows: nodes, cols: nodes },
        features: { kind: features.kind, rows: nodes, cols: features.cols },
        degree: column,
        labels: ofNodes.labelSets ? { kind: 'sparse', rows: nodes, cols: classNames.length } : column,
        split: { ...column, cols: ofNodes.splits.length },
      },
      arrays: [indptr, indices, ...weights, ...table, topology.degree, ...small],
    } satisfies About;
    const { ordering: chosen = 'none' } = options;
    const ordering = ORDERINGS[chosen];
    if (!ordering) return about;
    const written = { version: 1, id, chunkBytes: writer.chunkBytes, ...about } as const;
    const task = { manifest: written, ordering, store, writer, plan, meter, onward };
    return { ...about, ...noted(chosen), arrays: await writeOrdered(task) };
  });
  return { manifest, peakBytes: meter.peak };
}

/** Returns how many entries of rows the edges make: two for each that is kept. */
async function readEdges(stream: GraphStream, buckets: EdgeBuckets, onward: Onward): Promise<number> {
  const { name, nodes, edges, weighted } = stream;
  let listed = 0;
  let entries = 0;
  for await (const block of stream.edgeBlocks()) {
    const whole = { name, nodes, ...block };
    const first = listed;
    listed += block.source.length;
    if (listed > edges) break;
    entries += await buckets.add(block, (at) => checkEdge(whole, at, first + at));
    await onward(block.source.length * (weighted ? 12 : 8));
  }
  if (listed !== edges) throw new InputError(`${name} does not list ${edges} edges as it did before: read it again.`);
  await buckets.finish();
  return entries;
}
