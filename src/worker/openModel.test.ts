import { expect, test } from 'vitest';
import { memoryStore } from '../store/memory.ts';
import { predict } from '../train/session.ts';
import { SAMPLED } from '../train/testing/graphs.ts';
import { keepModel } from './modelStore.ts';
import { openModel, predictedBy } from './openModel.ts';
import { trainedModel } from './testing/trainedModel.ts';
import { predictionsCsv, type TrainedModel, weightsFile } from './trainedModel.ts';

/** A kept model does what it did when its run had just ended. */

async function reopened(trained: TrainedModel): Promise<TrainedModel> {
  const store = memoryStore();
  await keepModel(store, 'run', weightsFile(trained));
  const request = { slot: 'run', fingerprint: 'f', run: trained.run, config: trained.job.config };
  return openModel(store, request, (about, config) => ({ ...trained, ...about, job: { ...trained.job, config } }));
}

// The running statistics of batch norm are part of what is kept.
test.each([{ 'model.norm': 'batch' } as const, SAMPLED])(
  'its weights and its predictions are the same bytes: %j',
  async (changes) => {
    const trained = await trainedModel(changes);
    const again = await reopened(trained);
    expect(weightsFile(again)).toEqual(weightsFile(trained));
    expect(await predictionsCsv(again, 0)).toEqual(await predictionsCsv(trained, 0));
  },
);

test('what it says of every node is told as a run tells it: the class that is likeliest, and how likely it is', async () => {
  const trained = await trainedModel();
  const { probabilities } = await predict({ ...trained.job, weights: trained.weights });
  const { classes, confidence, logits } = await predictedBy(trained, 0, new AbortController().signal);
  const { nodes, classNames } = trained.job.graph;
  expect([classes.length, confidence.length, logits.length]).toEqual([nodes, nodes, nodes * classNames.length]);
  expect(new Set(classes).size).toBeGreaterThan(1);
  for (let v = 0; v < nodes; v++) {
    const row = probabilities.subarray(v * classNames.length, (v + 1) * classNames.length);
    expect(row[classes[v]]).toBe(Math.max(...row));
    expect(Math.abs(confidence[v] - 255 * row[classes[v]])).toBeLessThan(1);
  }
});

test('a file of another run is refused', async () => {
  const trained = await trainedModel({ 'training.epochs': 1 });
  const store = memoryStore();
  await keepModel(store, 'run', weightsFile(trained));
  const request = { slot: 'run', fingerprint: 'f', run: { engine: '1', curveHash: 'b' }, config: trained.job.config };
  const never = () => expect.unreachable();
  await expect(openModel(store, request, never)).rejects.toThrow('is that of another run');
});
