import { InputError } from '../config/errors.ts';
import type { GraphOutline } from '../graph/graph.ts';
import type { RunRecord } from '../run/record.ts';
import { predictionLines } from '../task/predictionLines.ts';
import type { Invocation } from './args.ts';
import { openBackend } from './backend.ts';
import { findData, openData } from './data.ts';
import { loadEngine, withStore } from './engine.ts';
import { formatSettings, say, warn } from './output.ts';
import { readRun } from './saved.ts';

/** `edgewise predict`: what a saved run says of each node, as CSV on standard output. */
export async function predict(invocation: Invocation): Promise<void> {
  const { record, weights } = readRun(invocation.positionals[0]);
  const source = findData(invocation.data);
  const {
    graph,
    dataset,
    place: kept,
  } = await openData(source, { ...record.config, ...record.fitted }, invocation.read);
  checkSameShape(graph, record);
  if (dataset.fingerprint !== record.dataset.fingerprint) {
    warn(
      `${graph.name} is not the graph of this run (${record.dataset.name}); predicting with its weights all the same.`,
    );
  }
  const { backend, close } = await openBackend(invocation.backend);
  try {
    const config = { ...record.config, ...record.fitted };
    const engine = await loadEngine();
    const job = { graph, config, weights, backend, fit: true };
    const { probabilities, fitted } = await withStore(config, kept, (place) => engine.predict({ ...job, ...place }));
    if (Object.keys(fitted).length > 0) warn(`fitted to memory.gpuBudget: ${formatSettings(fitted)}.`);
    for (const lines of predictionLines(graph, graph.splits[config['data.split']], probabilities)) say(lines);
  } finally {
    close();
  }
}

function checkSameShape(graph: GraphOutline, { dataset }: RunRecord): void {
  const features = graph.features.cols;
  if (features !== dataset.features) {
    throw new InputError(`--data: ${graph.name} has ${features} features, the run was trained on ${dataset.features}.`);
  }
  if (graph.classNames.length !== dataset.classes) {
    throw new InputError(
      `--data: ${graph.name} has ${graph.classNames.length} classes, the run was trained on ${dataset.classes}.`,
    );
  }
}
