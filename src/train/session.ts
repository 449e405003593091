import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { shaderModule } from '../device/webgpu/shaders.ts';
import { SPLIT } from '../formats/graphData.ts';
import { curveHash, type DeviceInfo, type EpochRecord, type MemoryBytes, type RunResult } from '../run/record.ts';
import { rocAuc, softmaxRows } from '../task/metrics.ts';
import type { Value } from '../tensor/value.ts';
import { runEpochs } from './epochs.ts';
import { type Fit, fitRun } from './fit.ts';
import { type Forecast, seedsOf, splitOf } from './forecast.ts';
import { scalarsOf } from './passes.ts';
import { checkStore, type Job, openRun, prepareRun, type Run } from './run.ts';
import { type Backend, findTarget } from './target.ts';

export type { Backend, Job };

/** A run from beginning to end, on either backend: forecast, train, predict. */

export interface Weights {
  readonly shape: readonly [number, number];
  readonly data: Float32Array;
}

export interface Trained {
  readonly fitted: Partial<Config>;
  readonly device: DeviceInfo;
  /** Hash of the kernels that ran; empty on the CPU. */
  readonly kernels: string;
  readonly epochs: readonly EpochRecord[];
  readonly result: RunResult;
  readonly memory: { readonly forecast: MemoryBytes; readonly peak: MemoryBytes };
  /** Of the best epoch, by parameter name. */
  readonly weights: ReadonlyMap<string, Weights>;
}

/** The fit and its forecast, without running anything. Opens no device: an adapter tells its limits. */
export async function forecast(job: Job): Promise<Fit & { readonly memory: MemoryBytes }> {
  const { limits } = await findTarget(job.backend);
  const fit = fitRun(job.graph, job.config, { backend: job.backend.kind, limits }, job.fit);
  return { ...fit, memory: fit.forecast.memory };
}

/** @throws InputError before anything is opened where the job cannot run; DeviceError where the device fails */
export async function train(job: Job): Promise<Trained> {
  const open = await openRun(job);
  try {
    const { fit, executor, run, device } = open;
    const { forecast } = fit;
    const { epochs, best } = await runEpochs(job, forecast, run);
    const { context } = run;
    await executor.run('restore', { sizes: {}, scalars: scalarsOf(context.config), key: context.root });
    const result: RunResult = {
      bestEpoch: best.epoch,
      metric: 'accuracy',
      testAcc: best.test.accuracy,
      testMacroF1: best.test.macroF1,
      testWeightedF1: best.test.weightedF1,
      testRocAuc: forecast.training.logits ? await areaUnderCurve(forecast, run) : null,
      curveHash: await curveHash(epochs),
    };
    const weights = new Map<string, Weights>();
    for (const { value } of forecast.training.parameters) {
      const data = (await executor.read(value)) as Float32Array;
      weights.set(value.name, { shape: [value.rows as number, value.cols], data });
    }
    const onGpu = device.backend === 'webgpu';
    const peak = {
      gpu: onGpu ? executor.ledger.peak : 0,
      host: context.host.peak + (onGpu ? 0 : executor.ledger.peak),
      disk: run.diskBytes,
    };
    const kernels = onGpu ? await kernelsHash(forecast) : '';
    return {
      fitted: fit.fitted,
      device,
      kernels,
      epochs,
      result,
      memory: { forecast: forecast.memory, peak },
      weights,
    };
  } finally {
    open.close();
  }
}

/** A run that is trained step by step from outside: for benches, which must not time the evaluation. */
export interface Trainer {
  readonly device: DeviceInfo;
  /** Trains for some epochs without evaluating, waits for completion, gives the loss of the last. */
  run(epochs: number): Promise<number>;
  close(): void;
}

export async function openTrainer(job: Job): Promise<Trainer> {
  const { fit, executor, run, device, close } = await openRun(job);
  let epoch = 0;
  return {
    device,
    async run(epochs) {
      for (let i = 0; i < epochs; i++) await run.train!.epoch(++epoch);
      const results = await executor.results();
      return results.get(fit.forecast.training.trainLoss)![0] / run.counts.train;
    },
    close,
  };
}

export interface Predicted {
  /** Class probabilities of every node, nodes × classes. */
  readonly probabilities: Float32Array;
  /** The keys that were changed to stay inside memory.gpuBudget. */
  readonly fitted: Partial<Config>;
}

/** Probabilities from given weights, evaluated as the configuration says. */
export async function predict(
  job: Omit<Job, 'onEpoch' | 'onStart'> & { readonly weights: ReadonlyMap<string, Weights> },
): Promise<Predicted> {
  const { limits, open } = await findTarget(job.backend);
  const options = { backend: job.backend.kind, limits, predictOnly: true };
  const { forecast, fitted } = fitRun(job.graph, job.config, options, job.fit);
  const { parameters } = forecast.training;
  checkStore(job, forecast);
  for (const { value } of parameters) checkWeights(value, job);
  const { executor, close } = await open(forecast.plan);
  try {
    const run = await prepareRun(job, forecast, executor);
    for (const { value } of parameters) executor.write(value, job.weights.get(value.name)!.data);
    const logits = await readLogits(forecast, run);
    return { probabilities: softmaxRows(logits, job.graph.classNames.length), fitted };
  } finally {
    close();
  }
}

function checkWeights({ name, rows, cols }: Value, { weights, graph }: Parameters<typeof predict>[0]): void {
  const found = weights.get(name);
  if (found && found.shape[0] === rows && found.shape[1] === cols && found.data.length === found.shape[0] * cols)
    return;
  const shape = found ? `is ${found.shape.join(' × ')} with ${found.data.length} numbers` : 'is missing';
  throw new InputError(
    `weight ${name} ${shape}, but this model on ${graph.name} needs ${rows} × ${cols}: use the dataset and configuration of the run.`,
  );
}

/** Logits of every node that the evaluation visits; zeros for the others. */
async function readLogits({ training }: Forecast, { context, evaluate }: Run): Promise<Float32Array> {
  const { graph, executor } = context;
  const classes = graph.classNames.length;
  const out = new Float32Array(graph.nodes * classes);
  await evaluate.epoch(0, async (seeds) => {
    const logits = (await executor.read(training.logits!)) as Float32Array;
    if (!seeds) out.set(logits);
    seeds?.forEach((seed, i) => {
      out.set(logits.subarray(i * classes, (i + 1) * classes), seed * classes);
    });
  });
  return out;
}

/** ROC-AUC on the test nodes of a task with two classes, by the probability of the second. */
async function areaUnderCurve(forecast: Forecast, run: Run): Promise<number | null> {
  const { graph, config } = run.context;
  const probabilities = softmaxRows(await readLogits(forecast, run), 2);
  const split = splitOf(graph, config);
  const test = seedsOf(split, 'evaluate', false).filter((node) => split[node] === SPLIT.test);
  return rocAuc(
    Array.from(test, (node) => probabilities[2 * node + 1]),
    Array.from(test, (node) => graph.labels[node] === 1),
  );
}

/** SHA-256 over the kernels of every dispatch, in order, and their code: a replay that differs here may differ in the last bits. */
async function kernelsHash({ plan }: Forecast): Promise<string> {
  const names = Object.entries(plan.routines).flatMap(([name, list]) => [name, ...list.map(({ kernel }) => kernel)]);
  const used = new Set(Object.values(plan.routines).flatMap((list) => list.map(({ kernel }) => kernel)));
  const code = Array.from(used, (kernel) => shaderModule(kernel).code);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode([...names, ...code].join('\n')));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
