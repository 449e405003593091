import type { GraphOutline } from '../graph/graph.ts';

/** Lines that are handed over at once. */
const LINES = 1000;

/**
 * Predictions as CSV (RFC 4180), some lines at a time: node id, predicted class (of several labels, those that are likelier than
 * not, joined by semicolons) and the probability of each class. `probabilities` is nodes × classes.
 */
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
