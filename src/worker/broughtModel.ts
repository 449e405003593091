import { InputError } from '../config/errors.ts';
import { storedShapes } from '../model/storedShapes.ts';
import { readWeights } from '../model/weightsFile.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { BroughtModel } from './modelApi.ts';
import { keepModel, refuseTooLarge } from './modelStore.ts';

/** Weights that somebody brings with the file of a run. They may be anything until they are seen to be those of its model. */

/** What the description in front of the numbers may take: of the file, and of each weight. */
const HEADER = { file: 4096, weight: 256 } as const;

const ADVICE = 'drop the two files that were written together';

/** @throws InputError where they are not the weights of this run, or cannot be kept */
export async function keepBrought(store: ChunkStore, brought: BroughtModel): Promise<void> {
  const { slot, file, path, curveHash, config, dataset } = brought;
  const wanted = storedShapes(config, dataset);
  // Nothing is read of a file that is larger than this model, whatever the run claims to be.
  refuseTooLarge(file.size);
  const bytes = [...wanted.values()].reduce((sum, shape) => sum + 4 * shape.reduce((product, n) => product * n, 1), 0);
  if (file.size < bytes || file.size > bytes + HEADER.file + HEADER.weight * wanted.size) {
    throw new InputError(`${path}: has ${file.size} bytes, and the weights of this run are ${bytes}: ${ADVICE}.`);
  }
  const content = new Uint8Array(await file.arrayBuffer());
  const found = readWeights(content, path);
  if (found.curveHash !== curveHash) throw new InputError(`${path}: belongs to another run: ${ADVICE}.`);
  for (const name of new Set([...wanted.keys(), ...found.weights.keys()])) {
    const [mine, theirs] = [found.weights.get(name)?.shape, wanted.get(name)].map((shape) => shape?.join(' × '));
    if (mine === theirs) continue;
    const is = mine === undefined ? 'is missing' : `is ${mine}`;
    const needs = theirs === undefined ? 'has none' : `needs ${theirs}`;
    throw new InputError(`${path}: weight ${name.slice(0, 80)} ${is}, and the model of this run ${needs}: ${ADVICE}.`);
  }
  await keepModel(store, slot, content);
}
