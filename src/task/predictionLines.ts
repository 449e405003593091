import { SPLIT } from '../formats/graphData.ts';
import type { GraphOutline } from '../graph/graph.ts';

/** Lines that are handed over at once. */
const LINES = 1000;

const PARTS = new Map<number | undefined, string>([
  [SPLIT.train, 'train'],
  [SPLIT.validation, 'val'],
  [SPLIT.test, 'test'],
]);

/**
 * Predictions as CSV (RFC 4180), some lines at a time: node id, predicted class (of several labels, those that are likelier than
 * not, joined by semicolons), what the graph says it is and which part of the split it is in, either empty where there is none, and the
 * probability of each class.
 *
 * @param split by which the run was judged; undefined where the graph has no such split
 * @param probabilities nodes × classes
 */
export function* predictionLines(
  graph: GraphOutline,
  split: Uint8Array | undefined,
  probabilities: Float32Array,
): Generator<string> {
  const { classNames, labels, labelSets } = graph;
  const classes = classNames.length;
  const predicted = (row: Float32Array) =>
    labelSets ? classNames.filter((_, c) => row[c] > 0.5).join(';') : classNames[strongest(row)];
  const truth = (node: number) => {
    const all = labelSets?.indices.subarray(labelSets.indptr[node], labelSets.indptr[node + 1]) ?? [labels[node]];
    return Array.from(all, (label) => classNames[label] ?? '').join(';');
  };
  let lines = [['node', labelSets ? 'labels' : 'class', 'true', 'split', ...classNames].map(cell).join(',')];
  for (let node = 0; node < graph.nodes; node++) {
    const row = probabilities.subarray(node * classes, (node + 1) * classes);
    const id = graph.nodeIds ? graph.nodeIds[node] : String(node);
    const known = [id, predicted(row), truth(node), PARTS.get(split?.[node]) ?? ''].map(cell);
    // Six digits: what a float32 softmax is good for.
    lines.push([...known, ...Array.from(row, (p) => Number(p.toPrecision(6)))].join(','));
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
