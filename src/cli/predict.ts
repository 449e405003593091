import { InputError } from '../config/errors.ts';
import type { GraphOutline } from '../graph/graph.ts';
import type { RunRecord } from '../run/record.ts';
import type { Invocation } from './args.ts';
import { openBackend } from './backend.ts';
import { findData, openData } from './data.ts';
import { loadEngine, withStore } from './engine.ts';
import { formatSettings, say, warn } from './output.ts';
import { readRun } from './saved.ts';

/** Lines that are handed to standard output at once. */
const LINES = 1000;

/**
 * `edgewise predict`: node id, predicted class (of several labels, those that are likelier than not, joined by semicolons) and
 * the probability of each class as CSV (RFC 4180) on standard output.
 */
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
    for (const lines of predictionLines(graph, probabilities)) say(lines);
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

/** The CSV, some lines at a time; `probabilities` is nodes × classes. */
export function* predictionLines(graph: GraphOutline, probabilities: Float32Array): Generator<string> {
  const { classNames, labelSets } = graph;
  const classes = classNames.length;
  const predicted = (row: Float32Array) =>
    labelSets ? classNames.filter((_, c) => row[c] > 0.5).join(';') : classNames[strongest(row)];
  let lines = [['node', labelSets ? 'labels' : 'class', ...classNames].map(cell).join(',')];
  for (let node = 0; node < graph.nodes; node++) {
    const row = probabilities.subarray(node * classes, (node + 1) * classes);
    const id = graph.nodeIds ? graph.nodeIds[node] : String(node);
    // Six digits: what a float32 softmax is good for.
    lines.push(`${cell(id)},${cell(predicted(row))},${Array.from(row, (p) => Number(p.toPrecision(6))).join(',')}`);
    if (lines.length >= LINES) {
      yield lines.join('\n');
      lines = [];
    }
  }
  if (lines.length > 0) yield lines.join('\n');
}

function strongest(row: Float32Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
  return best;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
