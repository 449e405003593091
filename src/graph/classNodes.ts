import { InputError } from '../config/errors.ts';
import { SPLIT } from '../formats/graphData.ts';
import { feistel } from './feistel.ts';
import { checkBetween, checkWhole, type GeneratedGraph } from './generated.ts';
import { deriveKey, type Key, seedKey, threefry } from './random.ts';

/** What every generated graph says of its nodes. */
export interface NodeSettings {
  readonly name: string;
  readonly nodes: number;
  readonly classes: number;
  readonly features: number;
  /**
   * How far the mean of a class lies from the origin, in standard deviations of the noise. The means point in random
   * directions, so two of them are about signal · sqrt(2) apart, however many columns there are: what a model can learn
   * without the graph depends on this and the number of classes.
   */
  readonly signal: number;
  /** Shares of the nodes; the rest is for testing. */
  readonly split: { readonly train: number; readonly validation: number };
  readonly seed: number;
}

/**
 * Nodes whose features say something about their classes. An edge is drawn between *positions*, where the nodes of a
 * class stand side by side; the id of a node is its position shuffled, so that an id says nothing.
 */
export interface ClassNodes extends Pick<GeneratedGraph, 'featureRow' | 'label' | 'split' | 'classNames'> {
  readonly nodeAt: (position: number) => number;
  /** Class k is at positions classStart[k] to classStart[k + 1] - 1: classes differ in size by one node at the most. */
  readonly classStart: Float64Array;
}

/** Keys of one seed, by what they are for. */
const TAGS = { ids: 0, means: 1, noise: 2, split: 3, edges: 4 } as const;

export function keyFor(seed: number, tag: keyof typeof TAGS): Key {
  return deriveKey(seedKey(seed), TAGS[tag], 0);
}

const words = new Uint32Array(2);

/** Throws InputError where the settings make no graph. */
export function classNodes(settings: NodeSettings): ClassNodes {
  checkNodes(settings);
  const { nodes, classes, features, seed } = settings;
  const { train, validation } = settings.split;
  const ids = feistel(nodes, keyFor(seed, 'ids'));
  const means = classMeans(settings);
  const [noise, ofSplit] = [keyFor(seed, 'noise'), keyFor(seed, 'split')];
  const label = (node: number) => Math.floor((ids.backward(node) * classes) / nodes);
  return {
    classNames: Array.from({ length: classes }, (_, k) => `class ${k}`),
    classStart: Float64Array.from({ length: classes + 1 }, (_, k) => Math.ceil((k * nodes) / classes)),
    nodeAt: ids.forward,
    label,
    featureRow(node, out) {
      const mean = label(node) * features;
      for (let column = 0; column < features; column++) {
        if (column % 2 === 0) threefry(noise[0], noise[1], node, column, words);
        out[column] = means[mean + column] + bell(words[column % 2]);
      }
    },
    split(node) {
      threefry(ofSplit[0], ofSplit[1], node, 0, words);
      const share = words[0] / 2 ** 32;
      return share < train ? SPLIT.train : share < train + validation ? SPLIT.validation : SPLIT.test;
    },
  };
}

/** classes × features: a random direction for each class, as long as the signal is strong. */
function classMeans({ classes, features, signal, seed }: NodeSettings): Float32Array {
  const key = keyFor(seed, 'means');
  const means = new Float32Array(classes * features);
  for (let k = 0; k < classes; k++) {
    const row = means.subarray(k * features, (k + 1) * features);
    for (let column = 0; column < features; column++) {
      threefry(key[0], key[1], k, column, words);
      row[column] = bell(words[0]);
    }
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    for (let column = 0; column < features; column++) row[column] *= signal / length;
  }
  return means;
}

/** The standard deviation of the sum of four uniform bytes. */
const DEVIATION = Math.sqrt((4 * (256 ** 2 - 1)) / 12);

/**
 * Mean 0, variance 1, and nearly normal: the sum of a word's four bytes. Not Box and Muller's formula, because ECMA-262
 * (section 21.3.2) leaves the last bits of a logarithm or a cosine to the engine, and a seed names one graph
 * everywhere.
 */
function bell(word: number): number {
  return ((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510) / DEVIATION;
}

function checkNodes({ name, nodes, classes, features, signal, split, seed }: NodeSettings): void {
  // The means of the classes are the one table that is held in memory.
  checkWhole(name, 'classes', classes, 1, 1024);
  checkWhole(name, 'features', features, 1, 16_384);
  // Two nodes in every class, so that an edge within it is no self-loop.
  checkWhole(name, 'nodes', nodes, 2 * classes, 2 ** 31 - 1);
  checkBetween(name, 'signal', signal, 0, 1000);
  checkBetween(name, 'training share', split.train, 0, 1);
  checkBetween(name, 'validation share', split.validation, 0, 1 - split.train);
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new InputError(`${name} cannot have the seed ${seed}: give a whole number from 0 to 2^53 - 1.`);
}
