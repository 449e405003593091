import { describe, expect, test } from 'vitest';
import { editedOutline, editRows, servingEdits } from '../graph/editedRows.ts';
import { applyEdits, type Edit, rowOf } from '../graph/edits.ts';
import { driveSync, memoryServer } from '../graph/memoryServer.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored, serveStored } from '../store/storedGraph.ts';
import { attentionOf } from './attentionWeights.ts';
import { type NodeOpinionJob, nodeOpinionOf } from './nodeOpinion.ts';
import { opinionOf } from './opinion.ts';
import { probabilitiesOf } from './predictions.ts';
import { train } from './session.ts';
import { CPU, WEBGPU } from './testing/backends.ts';
import { distance } from './testing/compare.ts';
import { configOf, SAMPLED, testGraph } from './testing/graphs.ts';
import { KINDS } from './testing/models.ts';

/** One node of a graph in a store is told what the whole graph in memory would say of it, edited or not. */

const EDITS: readonly Edit[] = [
  { kind: 'addEdge', from: 5, to: 115 },
  { kind: 'removeEdge', from: 7, to: 0 },
  { kind: 'setFeature', node: 5, column: 3, value: 2 },
];
/** An isolated one, the other end of an edge, the hub, one that no edit reaches. */
const NODES = [115, 7, 0, 50];

async function trained(options: Parameters<typeof testGraph>[0], changes: Parameters<typeof configOf>[0]) {
  const graph = testGraph(options);
  const config = configOf({ 'training.epochs': 2, ...changes });
  const { weights } = await train({ graph, config, backend: CPU.backend, fit: false });
  const store = memoryStore();
  await ingest(graph, store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  const { serve } = await serveStored(store, outline, 2 ** 20);
  const edited = driveSync(editRows(graph, EDITS), memoryServer(graph));
  const asked = { config, weights, backend: CPU.backend, software: false };
  const plain: Omit<NodeOpinionJob, 'node'> = {
    ...asked,
    graph: outline,
    serve: (rows) => serve(rows),
  };
  const changed = { ...plain, graph: editedOutline(outline, edited), serve: servingEdits(edited, plain.serve) };
  return { graph, asked, plain, changed };
}

describe.each(KINDS)('%s', (_, changes) => {
  test.each([
    ['sparse features', { features: 'sparse' }],
    ['dense features, directed, weighted, with self-loops', { directed: true, weighted: true, selfLoops: 'keep' }],
  ] as const)('%s: what the whole graph says, and its attention, before and after edits', async (_name, options) => {
    const { graph, asked, plain, changed } = await trained(options, { ...changes, 'model.dropEdge': 0 });
    for (const [whole, job] of [
      [graph, plain],
      [applyEdits(graph, EDITS), changed],
    ] as const) {
      const opinion = await opinionOf({ ...asked, graph: whole });
      for (const node of NODES) {
        const found = await nodeOpinionOf({ ...job, node });
        expect(found.classIndex).toBe(opinion.predictions.classes[node]);
        expect(distance(found.probabilities!, probabilitiesOf(opinion.predictions, node)!)).toBeLessThan(1e-6);
        if (opinion.attention.length === 0) expect(found.attention).toBeNull();
        else {
          const { sources, layers } = attentionOf(opinion.attention, rowOf(whole.adjacency, node).indices, node);
          expect(found.attention!.sources).toEqual(sources);
          for (const [i, { weights }] of layers.entries()) {
            expect(distance(found.attention!.layers[i].weights, weights)).toBeLessThan(1e-6);
          }
        }
      }
    }
  });
});

test('it goes by all neighbours in full precision, however the run sampled', async () => {
  const { graph, asked, plain } = await trained({ features: 'sparse' }, { ...SAMPLED, 'model.kind': 'gcn' });
  const config = { ...plain.config, 'compute.precision': 'f16', 'evaluation.fanOut': [1] } as const;
  const { predictions } = await opinionOf({ ...asked, graph });
  const { probabilities } = await nodeOpinionOf({ ...plain, config, node: 0 });
  expect(distance(probabilities!, probabilitiesOf(predictions, 0)!)).toBeLessThan(1e-6);
});

test.skipIf(WEBGPU.missing)('what is too much for the CPU says the same on a GPU', async () => {
  const { plain } = await trained({}, { 'model.kind': 'gat', 'model.heads': 2 });
  const near = await nodeOpinionOf({ ...plain, node: 0 });
  const far = await nodeOpinionOf({ ...plain, backend: WEBGPU.backend, cpuFlops: 1, node: 0 });
  expect([near.device.backend, far.device.backend]).toEqual(['cpu', 'webgpu']);
  expect(distance(near.probabilities!, far.probabilities!)).toBeLessThan(1e-5);
  expect(near.attention!.sources).toEqual(far.attention!.sources);
});

test('a node that sees more than there is room for is refused in words, and so is what does not fit the budget', async () => {
  const { plain } = await trained({}, {});
  const within = (bytes: number) => ({ ...plain, config: { ...plain.config, 'memory.workerBudget': bytes }, node: 0 });
  await expect(nodeOpinionOf(within(2000))).rejects.toThrow(
    /around node 0, 2 hops with all neighbours, takes more than 2000 bytes: choose a node with fewer neighbours/,
  );
  await expect(nodeOpinionOf(within(12_000))).rejects.toThrow(/memory.workerBudget is 12000 bytes/);
});
