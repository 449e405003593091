import type { Config } from '../config/schema.ts';
import { encodeRecord } from '../run/codec.ts';
import { type EpochRecord, RUN_SCHEMA, type RunRecord } from '../run/record.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import { checkTrainable } from '../train/check.ts';
import type { Forecast } from '../train/forecast.ts';
import type { Invocation } from './args.ts';
import { openBackend } from './backend.ts';
import { keepingOf } from './checkpoint.ts';
import { openData } from './data.ts';
import { divergence } from './divergence.ts';
import { loadEngine, withStore } from './engine.ts';
import {
  formatBytes,
  formatCount,
  formatMemory,
  formatPercent,
  formatSettings,
  printable,
  progressBar,
  say,
  warn,
} from './output.ts';
import { describePreset, forGraph, prepare, repeated } from './prepare.ts';
import { describeRepetition } from './repetition.ts';
import { checkFilePlace, makeRunFolder, saveRun } from './saved.ts';
import { saveTrace } from './traceFile.ts';

/** `edgewise train`: one run, its record on standard output or a summary of it, and its files. */
export async function train(invocation: Invocation): Promise<void> {
  const asked = prepare(invocation);
  const { graph, dataset, place: kept } = await openData(asked.source, asked.config, invocation.read);
  const prepared = forGraph(asked, graph);
  const { config } = prepared;
  const before = repeated(prepared);
  checkTrainable(graph, config);
  if (invocation.out !== undefined) makeRunFolder(invocation.out);
  const { profile, profileEpochs } = invocation;
  if (profile !== undefined) checkFilePlace('--profile', profile);
  const keeping = keepingOf(invocation, prepared, dataset);
  const tell = invocation.json ? () => {} : say;
  tell(
    `${printable(dataset.name)}: ${formatCount(dataset.nodes)} nodes, ${formatCount(dataset.edges)} edges, ` +
      `${formatCount(dataset.features)} features, ${dataset.classes} classes`,
  );
  tell(describePreset(prepared));

  const { backend, description, close } = await openBackend(invocation.backend);
  try {
    tell(`on ${description}`);
    const progress = progressBar();
    const engine = await loadEngine();
    const recorder = profile === undefined ? null : (await import('./profile.ts')).newRecorder(profileEpochs);
    let traced = '';
    const trace = () => {
      if (recorder && !traced) traced = saveTrace(profile!, recorder, dataset.name, description);
    };
    const { weights, ...trained } = await withStore(config, kept, ({ store, openBatchSource }) =>
      engine.train({
        graph,
        config,
        backend: before && backend.kind === 'webgpu' ? { ...backend, repeats: before } : backend,
        fit: invocation.fit,
        openBatchSource,
        store: store && recorder ? recorder.store(store) : store,
        ...recorder?.job,
        ...keeping,
        instruments: { ...recorder?.job.instruments, ...keeping.instruments },
        onStart: ({ forecast, fitted, notes }) => {
          const budget = config['memory.gpuBudget'];
          const to = budget > 0 ? ` to ${formatBytes(budget)}` : '';
          if (Object.keys(fitted).length > 0) tell(`fitted${to}: ${formatSettings(fitted)}`);
          tell(`memory forecast: ${formatMemory(forecast.memory)}${describeCapacity(forecast)}`);
          for (const note of notes) warn(note);
        },
        onEpoch: (epoch, steps) => {
          recorder?.job.onEpoch(epoch, steps);
          if (epoch.epoch === profileEpochs) trace();
          progress.update(epoch.epoch, config['training.epochs'], describeEpoch(epoch, config));
        },
      }),
    ).finally(progress.end);
    const record: RunRecord = { schema: RUN_SCHEMA, engine: ENGINE_VERSION, config, dataset, ...trained };
    if (invocation.out !== undefined) saveRun(invocation.out, record, weights);
    if (invocation.json) say(encodeRecord(record));
    else for (const line of summary(record)) say(line);
    if (before) tell(describeRepetition(before, record, printable(invocation.config!)));
    if (invocation.out !== undefined) tell(`saved in ${invocation.out}`);
    // A run of fewer epochs than were asked for is traced to its end.
    trace();
    if (traced) tell(traced);
  } finally {
    close();
  }
}

/** Whether the batches have room for the worst case, or for what a probe of the sampler saw (then some may be split). */
function describeCapacity({ capacity, capacityFrom }: Forecast): string {
  return Object.keys(capacity).length === 0 ? '' : `; batches sized by the ${capacityFrom}`;
}

function describeEpoch({ epoch, trainLoss, valAcc, ms }: EpochRecord, config: Config): string {
  return `epoch ${epoch}/${config['training.epochs']}, loss ${trainLoss.toFixed(3)}, validation ${formatPercent(valAcc)}, ${ms.toFixed(1)} ms`;
}

function summary({ config, dataset, device, epochs, result, memory, resumed = [] }: RunRecord): string[] {
  const { bestEpoch, testAcc, testMacroF1, testWeightedF1, testRocAuc } = result;
  const byLoss = config['training.select'] === 'valLoss';
  const chosen = byLoss ? 'the lowest validation loss' : `the best ${result.metric} on validation nodes`;
  const rocAuc = testRocAuc === null ? '' : `, ROC-AUC ${testRocAuc.toFixed(3)}`;
  return [
    ...divergence(epochs, config),
    `test ${dataset.multiLabel ? 'micro F1' : 'accuracy'} ${formatPercent(testAcc)}, macro F1 ${testMacroF1.toFixed(3)}, weighted F1 ${testWeightedF1.toFixed(3)}` +
      `${rocAuc} (epoch ${bestEpoch}, ${chosen})`,
    `${epochs.length} epochs, median ${median(epochs.map(({ ms }) => ms)).toFixed(1)} ms training and ` +
      `${median(epochs.map(({ evalMs }) => evalMs)).toFixed(1)} ms evaluation`,
    `memory peak: ${formatMemory(memory.peak)}`,
    ...(memory.refusals
      ? [
          `the device refused memory ${memory.refusals} times: smaller batches were taken, and another run may take others`,
        ]
      : []),
    ...resumed.map(({ epoch, device: before }) => {
      const elsewhere =
        JSON.stringify(before) === JSON.stringify(device)
          ? ''
          : `, begun on ${before.description}: another device may round otherwise`;
      return `went on after epoch ${epoch}${elsewhere}`;
    }),
    `curve ${result.curveHash.slice(0, 16)}`,
  ];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
