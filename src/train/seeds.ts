import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { SPLIT } from '../formats/graphData.ts';
import { sampleBelow } from '../graph/draw.ts';
import { deriveKey, seedKey } from '../graph/random.ts';
import { nodesOf, nodesWhere } from '../graph/split.ts';
import type { AnyGraph } from '../store/storedGraph.ts';
import type { Routine } from './batchSource.ts';

/** Which nodes a run learns from and is judged by. */

/** The split that the configuration names. */
export function splitOf(graph: AnyGraph, config: Config): Uint8Array {
  const index = config['data.split'];
  const split = graph.splits[index];
  if (!split) {
    throw new InputError(
      `data.split is ${index}, but ${graph.name} has ${graph.splits.length} split(s): give a number from 0 to ${graph.splits.length - 1}.`,
    );
  }
  return split;
}

const USE_JUDGES = 0x1d6e5;
const judges = new WeakMap<Uint8Array, Map<string, Uint8Array>>();

/**
 * The split as an evaluation in batches sees it: at most evaluation.nodes nodes of each part, drawn by the seed and the same
 * in every epoch; all others count as in no part.
 */
export function evaluatedSplit(graph: AnyGraph, config: Config): Uint8Array {
  const split = splitOf(graph, config);
  const most = config['evaluation.nodes'];
  if (most === 0 || config['evaluation.strategy'] === 'full') return split;
  const known = judges.get(split) ?? new Map<string, Uint8Array>();
  judges.set(split, known);
  const name = `${most} ${config['training.seed']}`;
  let evaluated = known.get(name);
  if (!evaluated) {
    evaluated = new Uint8Array(split.length);
    for (const code of [SPLIT.train, SPLIT.validation, SPLIT.test]) drawPart(split, code, most, config, evaluated);
    known.set(name, evaluated);
  }
  return evaluated;
}

function drawPart(split: Uint8Array, code: number, most: number, config: Config, out: Uint8Array): void {
  const nodes = nodesOf(split, code);
  const drawn = Uint32Array.from({ length: Math.min(most, nodes.length) }, (_, i) => i);
  if (drawn.length < nodes.length) {
    const key = deriveKey(seedKey(config['training.seed']), USE_JUDGES, code);
    sampleBelow(nodes.length, drawn.length, key, 0, drawn);
  }
  for (const position of drawn) out[nodes[position]] = code;
}

/** Seed nodes of a routine: the training nodes; all nodes in a split; or, to predict, all nodes. */
export function seedsOf(split: Uint8Array, routine: Routine, predictOnly: boolean): Uint32Array {
  const known = seedLists.get(split) ?? new Map<string, Uint32Array>();
  seedLists.set(split, known);
  const name = predictOnly ? 'all' : routine;
  const list = known.get(name) ?? listSeeds(split, routine, predictOnly);
  known.set(name, list);
  return list;
}

/** Listed once per split: the fitter asks for dozens of settings. */
const seedLists = new WeakMap<Uint8Array, Map<string, Uint32Array>>();

function listSeeds(split: Uint8Array, routine: Routine, predictOnly: boolean): Uint32Array {
  if (predictOnly) return Uint32Array.from({ length: split.length }, (_, node) => node);
  return nodesWhere(split, routine === 'train' ? (code) => code === SPLIT.train : (code) => code !== SPLIT.none);
}
