import type { Config } from '../config/schema.ts';
import { epochBatches } from '../graph/neighborSampler.ts';
import { deriveKey, type Key } from '../graph/random.ts';
import type { Model } from '../model/model.ts';
import { fanOutAt, samplingOf } from './capacity.ts';

/** What the batches of a run are drawn by: training asks for them, and whoever looks at a batch afterwards asks for the same. */

/** Uses of the run's root key; the numbers only have to differ. */
export const USE = { step: 0x57e9, shuffle: 0x5f1e, sample: 0x5a39, evaluate: 0xe7a1, dropEdge: 0xd70e } as const;

/** What a batch is drawn by. */
export interface Request {
  readonly seeds: Uint32Array;
  /** One per hop, from the seeds outwards. */
  readonly fanOut: readonly number[];
  readonly key: Key;
  /** Decides which edges are missing; null where none is. */
  readonly dropKey: Key | null;
}

/**
 * The batches of a training epoch, `training.accumulate` of them for each optimiser step.
 *
 * @param seeds the training nodes
 * @param epoch from 1
 * @param steps optimiser steps before the epoch
 */
export function trainingRequests(
  config: Config,
  model: Model,
  root: Key,
  seeds: Uint32Array,
  epoch: number,
  steps: number,
): Request[][] {
  const { batchSize } = samplingOf(config, model, 'train');
  const batches = epochBatches(seeds, batchSize, deriveKey(root, epoch, USE.shuffle));
  return grouped(batches, config['training.accumulate']).map((group, index) => {
    const draw = trainingDraw(config, model, root, epoch, steps + index);
    return group.map((batch) => ({ ...draw, seeds: batch }));
  });
}

/** How the neighbours of any node are drawn at a step, counted from 0 over the whole run. */
export function trainingDraw(
  config: Config,
  model: Model,
  root: Key,
  epoch: number,
  step: number,
): Omit<Request, 'seeds'> {
  return {
    fanOut: fanOutAt(config, model, epoch),
    key: deriveKey(root, step, USE.sample),
    dropKey: config['model.dropEdge'] > 0 ? deriveKey(root, step, USE.dropEdge) : null,
  };
}

/** Optimiser steps of an epoch over so many training nodes. */
export function stepsOfEpoch(seeds: number, config: Config): number {
  return Math.ceil(seeds / (config['sampling.batchSize'] * config['training.accumulate']));
}

/** The batches, `size` at a time; the last group may be smaller. */
function grouped(batches: readonly Uint32Array[], size: number): Uint32Array[][] {
  return Array.from({ length: Math.ceil(batches.length / size) }, (_, i) => batches.slice(i * size, (i + 1) * size));
}
