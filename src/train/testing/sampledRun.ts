import type { Config } from '../../config/schema.ts';
import type { Executor } from '../../device/executor.ts';
import { newLedger } from '../../device/ledger.ts';
import { type Capacity, worstCase } from '../../graph/capacity.ts';
import type { Graph } from '../../graph/graph.ts';
import { seedKey } from '../../graph/random.ts';
import { initialValues } from '../../model/init.ts';
import { modelOf } from '../../model/models.ts';
import { toStored, type Weights } from '../../model/stored.ts';
import { DEFAULT_LIMITS, makePlan, type Plan } from '../../tensor/plan.ts';
import { localBatchSource } from '../batchSource.ts';
import { atLeastOneSeed, batchSizes, samplingOf } from '../capacity.ts';
import { shapeOf } from '../inputs.ts';
import { newTimes, type PassContext, sampledPass } from '../passes.ts';
import { buildProgram } from '../program.ts';
import { seedsOf, splitOf } from '../seeds.ts';

type Routine = 'train' | 'evaluate';

/** What a sampled run computes with a capacity of the caller's choice, and how often each routine ran. */
export interface SampledRun {
  /** Per epoch: summed losses of training, then of evaluation, then the counts per class. */
  readonly results: readonly number[][];
  readonly weights: ReadonlyMap<string, Weights>;
  readonly runs: Readonly<Record<string, number>>;
  /** The seed nodes of every batch or part of one, per epoch. */
  readonly seeds: Readonly<Record<Routine, number[][][]>>;
}

/** @param shrink 1: the worst case; less: a fraction of it, but never less than one seed node needs */
export async function sampledRun(
  graph: Graph,
  config: Config,
  shrink: number,
  open: (plan: Plan) => Promise<Executor>,
): Promise<SampledRun> {
  const model = modelOf(config);
  const split = splitOf(graph, config);
  const sizes: Record<string, number> = {};
  const capacityOf = (routine: Routine): Capacity => {
    const { batchSize, fanOut } = samplingOf(config, model, routine);
    const seeds = Math.min(batchSize, seedsOf(split, routine, false).length);
    const { nodes, edges } = worstCase(graph.adjacency.indptr, seeds, fanOut);
    const part = (n: number) => Math.ceil(shrink * n);
    const capacity = atLeastOneSeed(graph, fanOut, { nodes: nodes.map(part), edges: edges.map(part) });
    Object.assign(sizes, batchSizes(graph, model, `${routine}.`, capacity, fanOut));
    return capacity;
  };
  const capacity = { train: capacityOf('train'), evaluate: capacityOf('evaluate') };
  const shape = shapeOf(graph, config['data.normalizeFeatures']);
  const training = buildProgram(config, shape, model, sizes, { readLogits: false });
  const executor = await open(makePlan(training.program, DEFAULT_LIMITS));
  const runs: Record<string, number> = { train: 0, update: 0, evaluate: 0 };
  const counting: Executor = {
    ...executor,
    run(routine, step) {
      runs[routine]++;
      return executor.run(routine, step);
    },
  };
  const recipe = (routine: Routine) => ({
    inputs: training[routine],
    operator: model.operator,
    dropEdge: config['model.dropEdge'],
    normalizeFeatures: config['data.normalizeFeatures'],
    design: samplingOf(config, model, routine).design,
    mask: split,
    capacity: capacity[routine],
  });
  const recipes = { train: recipe('train'), evaluate: recipe('evaluate') };
  const host = newLedger();
  const context: PassContext = {
    config,
    graph,
    model,
    executor: counting,
    host,
    classWeights: null,
    batches: await localBatchSource(graph, { recipes, config, nodes: graph.nodes }, {}, host),
    root: seedKey(config['training.seed']),
    before: () => {},
    steps: 0,
    epoch: 0,
    lossWeight: 0,
    times: newTimes(),
  };
  training.parameters.forEach((parameter, index) => {
    executor.write(parameter.value, initialValues(parameter, index, context.root));
  });
  const pass = (routine: Routine) => sampledPass(context, routine, seedsOf(split, routine, false));
  const [train, evaluate] = [pass('train'), pass('evaluate')];
  const results: number[][] = [];
  const seeds: Record<Routine, number[][][]> = { train: [], evaluate: [] };
  const visit = (routine: Routine) => {
    const batches: number[][] = [];
    seeds[routine].push(batches);
    return async (part: Uint32Array | null) => {
      batches.push([...part!]);
    };
  };
  for (let epoch = 1; epoch <= config['training.epochs']; epoch++) {
    await train.epoch(epoch, visit('train'));
    await evaluate.epoch(epoch, visit('evaluate'));
    const found = await executor.results();
    results.push(
      [training.trainLoss, training.totals.losses, training.totals.counts].flatMap((v) => [...found.get(v)!]),
    );
  }
  const weights = new Map<string, Weights>();
  for (const parameter of training.parameters) {
    const data = (await executor.read(parameter.value)) as Float32Array;
    weights.set(parameter.value.name, toStored(parameter, data));
  }
  executor.destroy();
  return { results, weights, runs, seeds };
}
