import { expect, test } from 'vitest';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { testGraph } from '../train/testing/graphs.ts';
import { opinionBytes, repredict } from './repredict.ts';
import { trainedModel } from './testing/trainedModel.ts';

/** The trained model, asked about a graph that is edited. */

test('edits change the answer about a node and tell who else changes class; undone, all is as before', async () => {
  const trained = await trainedModel({ 'training.epochs': 60, 'training.lr': 0.05 });
  const { graph } = trained.job;
  const { labels } = graph;
  const node = 115;
  const all = [...labels.keys()].filter((v) => v > 0 && v < 100 && labels[v] === (labels[node] + 1) % 4);
  const edits = all.map((from) => ({ kind: 'addEdge', from, to: node }) as const);
  const plain = await repredict(trained, [], node, 0);
  expect(plain).toMatchObject({ before: plain.after, changed: new Uint32Array(), askedAll: true, attention: null });
  const { before, after, changed, device } = await repredict(trained, edits, node, 0);
  expect(before).toEqual(plain.before);
  expect(after).not.toEqual(before);
  const strongest = (row: Float32Array) => row.indexOf(Math.max(...row));
  expect(changed.includes(node)).toBe(strongest(before!) !== strongest(after!));
  expect(changed.length).toBeGreaterThan(0);
  expect(device.backend).toBe('cpu');
  // Of another node the same answer is read: nothing is computed again.
  expect((await repredict(trained, edits, 7, 0)).changed).toBe(changed);
  expect(await repredict(trained, [], node, 0)).toEqual(plain);
  await expect(repredict(trained, [edits[0], edits[0]], node, 0)).rejects.toThrow(/already an edge/);
});

test('attention is that of the edited graph', async () => {
  const trained = await trainedModel({ 'model.kind': 'gat', 'model.heads': 2 });
  const alone = (await repredict(trained, [], 115, 0)).attention!;
  expect([...alone.sources]).toEqual([115]);
  expect([...alone.layers[0].weights]).toEqual([1, 1]);
  const { sources } = (await repredict(trained, [{ kind: 'addEdge', from: 7, to: 115 }], 115, 0)).attention!;
  expect([...sources]).toEqual([7, 115]);
});

test('the bytes of its opinions are those of what is remembered: none, one, and one of the edited graph besides', async () => {
  const trained = await trainedModel({ 'model.kind': 'gat', 'model.heads': 2, 'training.epochs': 1 });
  expect(opinionBytes(trained)).toBe(0);
  await repredict(trained, [], 115, 0);
  const one = opinionBytes(trained);
  // Class, confidence and logits of each node, and what the scores of its layers are made of.
  expect(one).toBeGreaterThan(trained.job.graph.nodes * (2 + 1 + 4 * 4));
  const { changed } = await repredict(trained, [{ kind: 'addEdge', from: 7, to: 115 }], 115, 0);
  expect(opinionBytes(trained)).toBe(2 * one + changed.byteLength);
});

test('of a graph that stays on disk it says the same of the node that it is asked about', async () => {
  const trained = await trainedModel({
    'model.kind': 'gat',
    'model.heads': 2,
    'training.epochs': 60,
    'training.lr': 0.05,
  });
  const store = memoryStore();
  await ingest(testGraph(), store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  const stored = { ...trained, job: { ...trained.job, graph: outline, store } };
  const edits = [1, 2, 3, 5, 6, 7].map((from) => ({ kind: 'addEdge', from, to: 115 }) as const);
  for (const list of [[], edits]) {
    for (const node of [115, 5]) {
      const [whole, alone] = [await repredict(trained, list, node, 0), await repredict(stored, list, node, 0)];
      expect(alone.before!.map((share, i) => Math.abs(share - whole.before![i])).every((gap) => gap < 1e-6)).toBe(true);
      expect(alone.after!.map((share, i) => Math.abs(share - whole.after![i])).every((gap) => gap < 1e-6)).toBe(true);
      expect([...alone.changed]).toEqual([...whole.changed].filter((other) => other === node));
      expect(alone.attention!.sources).toEqual(whole.attention!.sources);
      expect([alone.askedAll, whole.askedAll]).toEqual([false, true]);
    }
  }
  // One opinion with edits and one without are remembered: probabilities, sources, and coefficients of two layers.
  const bytesOf = async (list: typeof edits) => {
    const { after, attention } = await repredict(stored, list, 5, 0);
    return [after!, attention!.sources, ...attention!.layers.map(({ weights }) => weights)].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
  };
  expect(opinionBytes(stored)).toBe((await bytesOf([])) + (await bytesOf(edits)));
  await expect(repredict(stored, [edits[0], edits[0]], 115, 0)).rejects.toThrow(/already an edge/);
});
