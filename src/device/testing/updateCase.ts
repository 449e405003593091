import { gradients } from '../../tensor/autodiff.ts';
import { input, state } from '../../tensor/graph.ts';
import { activate } from '../../tensor/ops/activation.ts';
import { addBias } from '../../tensor/ops/elementwise.ts';
import { maskedCrossEntropy } from '../../tensor/ops/loss.ts';
import { matmul } from '../../tensor/ops/matmul.ts';
import { optimize, type RuleName } from '../../tensor/ops/optimizer.ts';
import { spmm } from '../../tensor/ops/spmm.ts';
import { directedCsr, sparseCase } from './cases.ts';
import { type Data, dense, type OpCase } from './opCase.ts';

/** Three steps of training, whole: a matrix that is gathered with, so that its gradient has light and heavy rows, a product, and biases. */
export function updateCase(rule: RuleName, nodes: number, width: number): OpCase {
  const trained = sparseCase(`three steps of ${rule}`, directedCsr(nodes, 1, true), (g, matrix) => {
    const [table, weight] = [dense(g, 'table', nodes, width), dense(g, 'weight', width, width)];
    const [bias, last] = [dense(g, 'bias', 1, width), dense(g, 'last', 1, width)];
    const hidden = activate(g, 'relu', addBias(g, spmm(g, matrix, table[0]), bias[0]));
    const logits = addBias(g, matmul(g, hidden, weight[0]), last[0]);
    const every = (name: string, value: (i: number) => number): Data => [
      input(g, name, 'labels', 'u32', nodes, 1),
      Uint32Array.from({ length: nodes }, (_, i) => value(i)),
    ];
    const labels = every('labels', (i) => (i * 13) % width);
    const mask = every('split', () => 1);
    const total = state(g, 'loss', 'results', 1, 4);
    maskedCrossEntropy(g, logits, labels[0], mask[0], total);
    const parameters = [table, weight, bias, last];
    const found = gradients(
      g,
      parameters.map(([value]) => value),
    );
    optimize(g, found, { rule, decayOf: () => 'weightDecay', clip: false });
    return { data: [...parameters, labels, mask], outputs: parameters.map(([value]) => value), moving: [] };
  });
  return { ...trained, runs: [{ step: 1 }, { step: 2, lr: 0.02 }, { step: 3 }] };
}
