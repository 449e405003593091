import { expect, test } from 'vitest';
import { readWeights } from '../model/weightsFile.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { predictionLines } from '../task/predictionLines.ts';
import { predict, train } from '../train/session.ts';
import { CPU } from '../train/testing/backends.ts';
import { weightDistance } from '../train/testing/compare.ts';
import { configOf, SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { type KeptView, NOTHING_KEPT } from './kept.ts';
import { newLeftovers } from './leftovers.ts';
import {
  findFeature,
  opinionBytes,
  predictionsCsv,
  repredict,
  type TrainedModel,
  weightsFile,
} from './trainedModel.ts';

/** The model of the last run, to take away and to ask. */

const { backend } = CPU;

async function model(changes: Parameters<typeof configOf>[0] = {}, graph = testGraph()): Promise<TrainedModel> {
  const config = configOf(changes);
  const { weights, result } = await train({ graph, config, backend, fit: false });
  return {
    run: { engine: '1', curveHash: result.curveHash },
    weights,
    job: { graph, config, backend, fit: true },
    software: false,
    featureNames: ['tea', '0', 'Milk'],
  };
}

test('its weights are a file that says which run they are of', async () => {
  const trained = await model({ 'model.norm': 'batch' });
  const { weights, curveHash } = readWeights(weightsFile(trained), 'weights.safetensors');
  expect(curveHash).toBe(trained.run.curveHash);
  expect(weightDistance(new Map([...weights].sort()), new Map([...trained.weights].sort()))).toBe(0);
});

test('its predictions are those of edgewise predict, a line per node', async () => {
  const trained = await model(SAMPLED);
  const text = new TextDecoder().decode(await predictionsCsv(trained));
  const { probabilities } = await predict({ ...trained.job, weights: trained.weights });
  expect(text).toBe(`${[...predictionLines(trained.job.graph, probabilities)].join('\n')}\n`);
  expect(text.endsWith('\n')).toBe(true);
});

test('edits change the answer about a node and tell who else changes class; undone, all is as before', async () => {
  const trained = await model({ 'training.epochs': 60, 'training.lr': 0.05 });
  const { graph } = trained.job;
  const { labels } = graph;
  const node = 115;
  const all = [...labels.keys()].filter((v) => v > 0 && v < 100 && labels[v] === (labels[node] + 1) % 4);
  const edits = all.map((from) => ({ kind: 'addEdge', from, to: node }) as const);
  const plain = await repredict(trained, [], node);
  expect(plain).toMatchObject({ before: plain.after, changed: new Uint32Array(), attention: null });
  const { before, after, changed, device } = await repredict(trained, edits, node);
  expect(before).toEqual(plain.before);
  expect(after).not.toEqual(before);
  const strongest = (row: Float32Array) => row.indexOf(Math.max(...row));
  expect(changed.includes(node)).toBe(strongest(before!) !== strongest(after!));
  expect(changed.length).toBeGreaterThan(0);
  expect(device.backend).toBe('cpu');
  // Of another node the same answer is read: nothing is computed again.
  expect((await repredict(trained, edits, 7)).changed).toBe(changed);
  expect(await repredict(trained, [], node)).toEqual(plain);
  await expect(repredict(trained, [edits[0], edits[0]], node)).rejects.toThrow(/already an edge/);
});

test('attention is that of the edited graph', async () => {
  const trained = await model({ 'model.kind': 'gat', 'model.heads': 2 });
  const alone = (await repredict(trained, [], 115)).attention!;
  expect([...alone.sources]).toEqual([115]);
  expect([...alone.layers[0].weights]).toEqual([1, 1]);
  const { sources } = (await repredict(trained, [{ kind: 'addEdge', from: 7, to: 115 }], 115)).attention!;
  expect([...sources]).toEqual([7, 115]);
});

test('a feature is found by its name, exactly and then nearly, and by its number', async () => {
  const trained = await model({ 'training.epochs': 1 });
  expect(findFeature(trained, '0')).toEqual({ column: 1, name: '0' });
  expect(findFeature(trained, 0)).toEqual({ column: 0, name: 'tea' });
  expect(findFeature(trained, ' milk ')).toEqual({ column: 2, name: 'Milk' });
  expect(findFeature(trained, '6')).toEqual({ column: 6, name: null });
  expect(() => findFeature(trained, '7')).toThrow('no feature "7": type one of its names, or a number from 0 to 6.');
});

test('a graph that stays on disk is not edited, and its predictions are there all the same', async () => {
  const store = memoryStore();
  await ingest(testGraph(), store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  const trained = await model(SAMPLED);
  const stored = { ...trained, job: { ...trained.job, graph: outline, store } };
  await expect(repredict(stored, [], 0)).rejects.toThrow(/stays on this browser's disk/);
  expect(await predictionsCsv(stored)).toEqual(await predictionsCsv(trained));
});

test('what a run left is counted, and the next one lets go of it', async () => {
  const told: KeptView[] = [];
  const left = newLeftovers((kept) => told.push(kept));
  expect(() => left.model()).toThrow('no trained model');
  const trained = await model({ 'training.epochs': 1 });
  const weights = [...trained.weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const { nodes } = trained.job.graph;
  const predictions = {
    classes: new Uint16Array(nodes),
    confidence: new Uint8Array(nodes),
    logits: new Float32Array(4 * nodes),
    several: false,
  };
  left.keep({ model: trained, predictions });
  left.opinionsHeld({ ...trained }, 9);
  left.opinionsHeld(trained, 7);
  expect(left.model()).toBe(trained);
  left.letGo();
  expect(() => left.model()).toThrow('no trained model');
  expect(left.predictions).toBeNull();
  const kept = { weights, predictions: 19 * nodes, opinions: 0 };
  expect(told).toEqual([kept, { ...kept, opinions: 7 }, NOTHING_KEPT]);
});

test('the bytes of its opinions are those of what is remembered: none, one, and one of the edited graph besides', async () => {
  const trained = await model({ 'model.kind': 'gat', 'model.heads': 2, 'training.epochs': 1 });
  expect(opinionBytes(trained)).toBe(0);
  await repredict(trained, [], 115);
  const one = opinionBytes(trained);
  // Class, confidence and logits of each node, and what the scores of its layers are made of.
  expect(one).toBeGreaterThan(trained.job.graph.nodes * (2 + 1 + 4 * 4));
  const { changed } = await repredict(trained, [{ kind: 'addEdge', from: 7, to: 115 }], 115);
  expect(opinionBytes(trained)).toBe(2 * one + changed.byteLength);
});
