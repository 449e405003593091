import { expect, test } from 'vitest';
import { readWeights } from '../model/weightsFile.ts';
import { ingest } from '../store/ingest.ts';
import { memoryStore } from '../store/memory.ts';
import { openStored } from '../store/storedGraph.ts';
import { predictionLines } from '../task/predictionLines.ts';
import { predict } from '../train/session.ts';
import { weightDistance } from '../train/testing/compare.ts';
import { SAMPLED, testGraph } from '../train/testing/graphs.ts';
import { type KeptView, NOTHING_KEPT } from './kept.ts';
import { newLeftovers } from './leftovers.ts';
import { trainedModel } from './testing/trainedModel.ts';
import { findFeature, predictionsCsv, weightsFile } from './trainedModel.ts';

/** The trained model, to take away and to ask. */

test('its weights are a file that says which run they are of', async () => {
  const trained = await trainedModel({ 'model.norm': 'batch' });
  const { weights, curveHash } = readWeights(weightsFile(trained), 'weights.safetensors');
  expect(curveHash).toBe(trained.run.curveHash);
  expect(weightDistance(new Map([...weights].sort()), new Map([...trained.weights].sort()))).toBe(0);
});

test('its predictions are those of edgewise predict, a line per node', async () => {
  const trained = await trainedModel(SAMPLED);
  const text = new TextDecoder().decode(await predictionsCsv(trained, 0));
  const { probabilities } = await predict({ ...trained.job, weights: trained.weights });
  const { graph } = trained.job;
  expect(text).toBe(`${[...predictionLines(graph, graph.splits[0], probabilities)].join('\n')}\n`);
  expect(text.endsWith('\n')).toBe(true);
});

test('a feature is found by its name, exactly and then nearly, and by its number', async () => {
  const named = { ...testGraph(), featureNames: ['tea', '0', 'Milk', 'a', 'b', 'c', 'd'] };
  const trained = await trainedModel({ 'training.epochs': 1 }, named);
  expect(findFeature(trained, '0')).toEqual({ column: 1, name: '0' });
  expect(findFeature(trained, 0)).toEqual({ column: 0, name: 'tea' });
  expect(findFeature(trained, ' milk ')).toEqual({ column: 2, name: 'Milk' });
  expect(findFeature(trained, '6')).toEqual({ column: 6, name: 'd' });
  expect(() => findFeature(trained, '7')).toThrow('no feature "7": type one of its names, or a number from 0 to 6.');
});

test('of a graph that stays on disk it predicts all the same', async () => {
  const store = memoryStore();
  await ingest(testGraph(), store, { id: 'g', chunkBytes: 4096 });
  const outline = await openStored(store, 'g');
  const trained = await trainedModel(SAMPLED);
  const stored = { ...trained, job: { ...trained.job, graph: outline, store } };
  expect(await predictionsCsv(stored, 0)).toEqual(await predictionsCsv(trained, 0));
});

test('what a run left is counted, and the next one lets go of it', async () => {
  const told: KeptView[] = [];
  const left = newLeftovers((kept) => told.push(kept));
  expect(() => left.model()).toThrow('no trained model');
  const trained = await trainedModel({ 'training.epochs': 1 });
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
  expect([left.beside(trained), left.beside({ ...trained })]).toEqual([19 * nodes + 7, weights + 19 * nodes + 7]);
  left.letGo();
  expect(left.beside(trained)).toBe(0);
  expect(() => left.model()).toThrow('no trained model');
  expect(left.predictions).toBeNull();
  const kept = { weights, predictions: 19 * nodes, opinions: 0 };
  expect(told).toEqual([kept, { ...kept, opinions: 7 }, NOTHING_KEPT]);
});
