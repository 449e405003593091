import { passSetting } from '../config/computeEntries.ts';
import type { Config } from '../config/schema.ts';
import { logitsOf, type Mode, type Model, type Parameter } from '../model/model.ts';
import { declarations } from '../model/parameters.ts';
import { declareClassWeights, declareTotals, type Totals, taskOf } from '../task/nodeTask.ts';
import { gradients } from '../tensor/autodiff.ts';
import { beginRoutine, newGraph, state } from '../tensor/graph.ts';
import { lossScaleState, scaleLoss } from '../tensor/ops/lossScale.ts';
import { accumulate, type Decay, keepCopies, optimize } from '../tensor/ops/optimizer.ts';
import { cut, type Part } from '../tensor/passes/cut.ts';
import { droppedRelu } from '../tensor/passes/droppedRelu.ts';
import { recompute } from '../tensor/passes/recompute.ts';
import { reorder } from '../tensor/passes/reorder.ts';
import type { Program } from '../tensor/plan.ts';
import type { Sizes, Value } from '../tensor/value.ts';
import { declareBatch, declareDropped, declareFull, type GraphInputs, type GraphShape } from './inputs.ts';
import { levelNames } from './layerwise.ts';

/**
 * A training run as a program of routines over shared parameters:
 *   train     forward, loss, backward; in the full batch also the update
 *   update    (sampled) the update, from the gradients that the batches of a step, and their parts, have added up
 *   evaluate  forward on all splits, losses and counts; layer by layer, the last of its parts: evaluate.0, evaluate.1, …
 *   keep      remembers the parameters: run after the best epoch so far
 *   restore   puts them back
 */
export interface TrainingProgram {
  readonly program: Program;
  /** What a model is stored as: what was trained, and the running statistics beside it. */
  readonly parameters: readonly Parameter[];
  /** Where the parameters of the best epoch are; empty in a program that only predicts. */
  readonly best: ReadonlyMap<Value, Value>;
  readonly train: GraphInputs;
  readonly evaluate: GraphInputs;
  readonly trainLoss: Value;
  /** See tensor/ops/lossScale.ts; null where gradients are not scaled. */
  readonly lossScale: Value | null;
  readonly totals: Totals;
  /** Null where all classes are alike. */
  readonly classWeights: Value | null;
  /** Of an evaluation layer by layer, in the order in which they run. */
  readonly parts: readonly Part[] | null;
  /** Logits of the evaluation, or what the model makes in their place, where the program lets them be read. */
  readonly logits: Value | null;
}

export interface ProgramOptions {
  /** Only `evaluate`: for predictions from weights that are there already. */
  readonly predictOnly?: boolean;
  /** Keep logits readable, at the price of a buffer of their own. */
  readonly readLogits: boolean;
  /** The sizes by which the order of the evaluation is chosen, where its batches are not like those of the plan. */
  readonly orderBy?: Sizes;
}

const PREDICTING: Mode = { training: false, dropout: false, inputDropout: false };

export function buildProgram(
  config: Config,
  shape: GraphShape,
  model: Model,
  capacity: Sizes,
  options: ProgramOptions,
): TrainingProgram {
  const reordered = passSetting(config, 'compute.reorder') === 'on';
  const again = config['compute.recompute'];
  let g = newGraph();
  const declared = declarations(g);
  const forward = model.build(declared, { features: shape.features, classes: shape.classes, config });
  const { parameters, buffers } = declared;
  const values = parameters.map(({ value }) => value);
  const full = declareFull(g, shape, model);
  const layerwise = config['evaluation.strategy'] === 'layerwise';
  const inputsOf = (routine: 'train' | 'evaluate', strategy: Config['evaluation.strategy']) =>
    strategy === 'full' ? full : declareBatch(g, `${routine}.`, shape, model, routine === 'train');
  const whole = inputsOf('train', config['sampling.strategy']);
  const train = dropsEdges(config)
    ? { ...whole, model: { ...whole.model, blocks: declareDropped(g, shape, model) } }
    : whole;
  const evaluate = inputsOf('evaluate', config['evaluation.strategy']);
  const trainLoss = state(g, 'training loss', 'results', 1, 4);
  const task = taskOf(shape.multiLabel);
  const totals = declareTotals(g, task, shape.classes);
  const classWeights = options.predictOnly ? null : declareClassWeights(g, config, shape.classes);
  let best: ReadonlyMap<Value, Value> = new Map();
  let lossScale: Value | null = null;

  if (!options.predictOnly) {
    beginRoutine(g, 'train');
    const drop = config['model.dropout'] > 0;
    const mode: Mode = { training: true, dropout: drop, inputDropout: config['model.inputDropout'] };
    const logits = logitsOf(forward({ g, inputs: train.model, mode }));
    if (reordered) g = reorder(g, 'train', capacity);
    task.addTrainingLoss(g, logits, train.targets, trainLoss, classWeights);
    if (config['compute.precision'] === 'f16') lossScale = lossScaleState(g);
    let found = gradients(g, values, new Map(), (gradient) =>
      lossScale ? scaleLoss(g, gradient, lossScale) : gradient,
    );
    // The dropout belongs to the next layer: recomputation would have to keep what it makes a layer longer.
    if (passSetting(config, 'compute.fuse') === 'on' && again === 'off') g = droppedRelu(g, 'train');
    if (config['sampling.strategy'] === 'neighbor') {
      found = new Map(
        [...found].map(([parameter, gradient]) => {
          const total = state(g, `${parameter.name} gradient`, 'optimizer', parameter.rows as number, parameter.cols);
          accumulate(g, total, gradient);
          return [parameter, total];
        }),
      );
      g.routine = 'update';
    }
    const byValue = new Map(parameters.map((parameter) => [parameter.value, parameter]));
    optimize(g, found, {
      rule: config['training.optimizer'],
      decayOf: (value) => decayOf(byValue.get(value)!, config['training.decayOn']),
      clip: config['training.clip'] > 0,
      lossScale,
    });
  }

  beginRoutine(g, 'evaluate');
  const logits = logitsOf(forward({ g, inputs: evaluate.model, mode: PREDICTING }));
  if (reordered) g = reorder(g, 'evaluate', options.orderBy ?? capacity);
  if (!options.predictOnly) {
    task.addEvaluation(g, logits, evaluate.targets, totals, classWeights);
    g.routine = 'keep';
    const kept = [...values, ...buffers.map(({ value }) => value)];
    best = keepCopies(g, kept);
    g.routine = 'restore';
    for (const [parameter, copy] of best) accumulate(g, parameter, copy);
  }

  const stored = [...parameters, ...buffers];
  if (!options.predictOnly && again !== 'off') g = recompute(g, 'train', again);
  const parted = layerwise ? cut(g, 'evaluate', levelNames(model.hops)) : { graph: g, parts: null };
  const kept = parted.parts?.flatMap(({ keeps }) => keeps) ?? [];
  return {
    program: {
      graph: parted.graph,
      capacity,
      results: options.predictOnly ? [] : [trainLoss, ...Object.values(totals).filter((value) => value !== null)],
      readable: [...stored.map(({ value }) => value), ...kept, ...(options.readLogits ? [logits] : [])],
    },
    parameters: stored,
    best,
    train,
    evaluate,
    trainLoss,
    lossScale,
    totals,
    classWeights,
    parts: parted.parts,
    logits: options.readLogits ? logits : null,
  };
}

/** Whether the full batch has a graph of its own for each step; a sampled one has that anyway. */
export function dropsEdges(config: Config): boolean {
  return config['model.dropEdge'] > 0 && config['sampling.strategy'] === 'full';
}

/** The scalar by which a parameter decays, if any. */
function decayOf({ layer, role }: Parameter, decayOn: Config['training.decayOn']): Decay | null {
  if (decayOn === 'all') return 'weightDecay';
  if (decayOn === 'first') return layer === 0 ? 'weightDecay' : null;
  return ({ convolution: 'weightDecay', linear: 'weightDecayLinear', other: null } as const)[role];
}
