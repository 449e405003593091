import { describe, expect, test } from 'vitest';
import { type Tensor, writeSafetensors } from '../formats/safetensors.ts';
import type { Weights } from '../model/stored.ts';
import { writeWeights } from '../model/weightsFile.ts';
import { memoryStore } from '../store/memory.ts';
import { KINDS } from '../train/testing/models.ts';
import { keepBrought } from './broughtModel.ts';
import { MODELS_BYTES } from './keptModels.ts';
import type { BroughtModel } from './modelApi.ts';
import { listModels, readModel } from './modelStore.ts';
import { trainedModel } from './testing/trainedModel.ts';
import { type TrainedModel, weightsFile } from './trainedModel.ts';

/** Weights that came with the file of a run are kept where they are its own, and refused in a sentence where they are anything else. */

function brought({ run, job: { graph, config } }: TrainedModel, content: Uint8Array): BroughtModel {
  const dataset = { features: graph.features.cols, classes: graph.classNames.length };
  const file = new File([content as Uint8Array<ArrayBuffer>], 'weights.safetensors');
  return { slot: 'run', file, path: file.name, curveHash: run.curveHash, config, dataset };
}

const kinds = [...KINDS, ['with the running statistics of batch norm', { 'model.norm': 'batch' }] as const];

test.each(kinds)('%s: what a run leaves is kept as it is', async (_, changes) => {
  const trained = await trainedModel({ ...changes, 'training.epochs': 1 });
  const store = memoryStore();
  await keepBrought(store, brought(trained, weightsFile(trained)));
  expect(await readModel(store, 'run')).toEqual(weightsFile(trained));
});

describe('what is not its own is not kept', () => {
  const changed = ({ weights, run }: TrainedModel, change: (weights: Map<string, Weights>) => void) => {
    const others = new Map(weights);
    change(others);
    return writeWeights(others, run);
  };
  /** The same numbers in another shape. */
  const turned = (weights: Map<string, Weights>) => {
    const [name, { shape, data }] = [...weights].find(([, weight]) => weight.shape.length === 2)!;
    weights.set(name, { shape: shape.toReversed(), data });
  };
  const renamed = (weights: Map<string, Weights>) => {
    const [[name, weight]] = weights;
    weights.delete(name);
    weights.set('other', weight);
  };
  const lacking = (weights: Map<string, Weights>) => {
    const [name] = [...weights].find(([, { data }]) => data.length < 20)!;
    weights.delete(name);
  };
  const more = (weights: Map<string, Weights>) => weights.set('other', { shape: [3], data: new Float32Array(3) });
  const tensorsOf = (weights: ReadonlyMap<string, Weights>) =>
    new Map(Array.from(weights, ([name, weight]): [string, Tensor] => [name, { dtype: 'F32', ...weight }]));
  const integers = ({ weights, run }: TrainedModel) => {
    const tensors = Array.from(tensorsOf(weights), ([name, { shape, data }]): [string, Tensor] => [
      name,
      { dtype: 'I32', shape, data: new Int32Array(data.length) },
    ]);
    return writeSafetensors(new Map(tensors), new Map([['curveHash', run.curveHash]]));
  };

  test.each<[string, (trained: TrainedModel) => Uint8Array, RegExp]>([
    [
      'another run',
      ({ weights }) => writeWeights(weights, { engine: '1', curveHash: 'b' }),
      /: belongs to another run: /,
    ],
    [
      'one that does not say of which run it is',
      ({ weights }) => writeSafetensors(tensorsOf(weights)),
      /: belongs to another run: /,
    ],
    [
      'another shape',
      (trained) => changed(trained, turned),
      /: weight .+ is \d+ × \d+, and the model of this run needs \d+ × \d+: /,
    ],
    [
      'another name',
      (trained) => changed(trained, renamed),
      /: weight .+ is missing, and the model of this run needs /,
    ],
    [
      'one that is missing',
      (trained) => changed(trained, lacking),
      /: weight .+ is missing, and the model of this run needs /,
    ],
    ['one too many', (trained) => changed(trained, more), /: weight other is 3, and the model of this run has none: /],
    ['no floats', integers, /is not of 32-bit floats/],
    ['no safetensors', (trained) => weightsFile(trained).fill(255), /the header claims/],
    [
      'half a file',
      (trained) => weightsFile(trained).subarray(0, 200),
      /: has 200 bytes, and the weights of this run are \d+: /,
    ],
    [
      'far more bytes than the model has',
      () => new Uint8Array(50_000),
      /: has 50000 bytes, and the weights of this run are \d+: /,
    ],
  ])('%s', async (_, content, sentence) => {
    const trained = await trainedModel({ 'training.epochs': 1 });
    const store = memoryStore();
    const keeping = keepBrought(store, brought(trained, content(trained)));
    await expect(keeping).rejects.toThrow(sentence);
    await expect(keeping).rejects.toThrow(/^weights\.safetensors: /);
    expect(await listModels(store)).toEqual([]);
  });

  test('nothing is read of a file that is too large, even where the run claims a model of that size', async () => {
    const trained = await trainedModel({ 'training.epochs': 1 });
    const unread = { size: MODELS_BYTES + 1, arrayBuffer: () => expect.unreachable() } as unknown as File;
    const dataset = { features: 2 ** 40, classes: 2 ** 40 };
    const asked = { ...brought(trained, new Uint8Array()), file: unread, dataset };
    await expect(keepBrought(memoryStore(), asked)).rejects.toThrow('128 MB at the most');
  });
});
