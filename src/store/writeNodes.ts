import type { FeatureRows } from '../formats/graphStream.ts';
import { bytesOf } from '../formats/matrix.ts';
import { type ArrangedNodes, checkFeatures } from '../graph/arrange.ts';
import { largestFeature } from '../graph/features.ts';
import type { StreamedFingerprint } from '../graph/fingerprintStream.ts';
import { interleave } from '../graph/memoryServer.ts';
import type { GraphWriter } from './graphWriter.ts';
import { featureRowBytes, type IngestPlan } from './ingestPlan.ts';
import type { StoredArray } from './manifest.ts';
import type { Meter } from './meter.ts';

/** Nodes whose splits are written at once. */
const NODES_AT_ONCE = 2 ** 16;

export interface FeaturesTask {
  readonly name: string;
  readonly nodes: number;
  readonly features: FeatureRows;
  readonly plan: IngestPlan;
  readonly writer: GraphWriter;
  readonly hashes: StreamedFingerprint;
  readonly meter: Meter;
  /** Called often, with the bytes that were taken since the last call. */
  readonly onward: (bytes: number) => Promise<void>;
}

/** Features, a few rows at a time, and the size of the largest. Throws InputError where they are no numbers. */
export async function writeFeatures({
  name,
  nodes,
  features,
  plan,
  writer,
  hashes,
  meter,
  onward,
}: FeaturesTask): Promise<{ arrays: StoredArray[]; largest: number }> {
  const { kind, valued, rowEntries, rows } = features;
  const held = featureRowBytes(features) * plan.featureRows + 3 * writer.chunkBytes;
  meter.add(held);
  const sparse = kind === 'sparse';
  const out = {
    indptr: sparse ? writer.array('features.indptr', 'u32') : null,
    indices: sparse ? writer.array('features.indices', 'u32') : null,
    values: valued ? writer.array('features.values', 'f32') : null,
  };
  await out.indptr?.write(new Uint8Array(4));
  let total = 0;
  let largest = 0;
  for (let begin = 0; begin < nodes; begin += plan.featureRows) {
    const end = Math.min(nodes, begin + plan.featureRows);
    const block = checkFeatures(rows(begin, end), { name, nodes: end - begin }, begin);
    hashes.features(block);
    if (block.kind === 'sparse') {
      await out.indptr?.write(bytesOf(block.indptr.subarray(1).map((offset) => offset + total)));
      await out.indices?.write(bytesOf(block.indices));
      total += block.indices.length;
    }
    largest = Math.max(largest, largestFeature(block));
    if (block.values) await out.values?.write(bytesOf(block.values));
    await onward((end - begin) * rowEntries * 4);
  }
  meter.remove(held);
  const arrays: StoredArray[] = [];
  for (const array of [out.indptr, out.indices, out.values]) if (array) arrays.push(await array.finish());
  return { arrays, largest };
}

/** Labels and splits. */
export async function writeNodes(
  { labels, labelSets, splits }: ArrangedNodes,
  writer: GraphWriter,
  hashes: StreamedFingerprint,
): Promise<StoredArray[]> {
  const stored: StoredArray[] = [];
  const writeLabels = async (name: string, type: StoredArray['type'], values: Int32Array | Uint32Array) => {
    const out = writer.array(name, type);
    hashes.labels.update(bytesOf(values));
    await out.write(bytesOf(values));
    stored.push(await out.finish());
  };
  if (labelSets) {
    await writeLabels('labels.indptr', 'u32', labelSets.indptr);
    await writeLabels('labels.indices', 'u32', labelSets.indices);
  } else await writeLabels('labels.values', 'i32', labels);
  const split = writer.array('split.values', 'u8');
  for (let begin = 0; begin < labels.length; begin += NODES_AT_ONCE) {
    const parts = splits.map((codes) => codes.subarray(begin, begin + NODES_AT_ONCE));
    await split.write(bytesOf(interleave(parts, parts[0].length).values));
  }
  return [...stored, await split.finish()];
}
