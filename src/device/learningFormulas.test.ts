import { describe, expect, test } from 'vitest';
import { gradients } from '../tensor/autodiff.ts';
import { input, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { countClasses } from '../tensor/ops/metrics.ts';
import { adam } from '../tensor/ops/optimizer.ts';
import type { HostArray } from './executor.ts';
import { expectEqual, oracle, sum, table } from './testing/formulas.ts';
import { targets } from './testing/learningCases.ts';
import { type Data, dense, SCALARS } from './testing/opCase.ts';

/** The oracle against the formulas of loss, counts and Adam. */

describe('learning', () => {
  test.each([2, 7, 42])('loss, gradient and counts of %i classes', async (classes) => {
    const { labels, mask } = targets(classes);
    const rows = labels.length;
    let x: HostArray = new Float32Array();
    const [total, counts, gradient] = await oracle((g) => {
      const dx = dense(g, 'logits', rows, classes);
      x = dx[1];
      // Some rows have their largest logit twice: the first one counts.
      for (let row = 0; row < rows; row += 3) x[row * classes + classes - 1] = x[row * classes] = 2;
      const label: Data = [input(g, 'labels', 'labels', 'u32', rows, 1), labels];
      const split: Data = [input(g, 'split', 'labels', 'u32', rows, 1), mask];
      const loss = state(g, 'loss', 'results', 1, 4);
      const table = input(g, 'counts', 'results', 'u32', 9, classes);
      maskedCrossEntropy(g, dx[0], label[0], split[0], loss);
      countClasses(g, dx[0], label[0], split[0], table);
      return { data: [dx, label, split], outputs: [loss, table, ...gradients(g, [dx[0]]).values()] };
    });
    const partition = (row: number) => sum(classes, (c) => Math.exp(x[row * classes + c]));
    const loss = [0, 0, 0, 0];
    const table9 = new Float64Array(9 * classes);
    for (let row = 0; row < rows; row++) {
      if (mask[row] === 0) continue;
      const logits = x.subarray(row * classes, (row + 1) * classes);
      loss[mask[row] - 1] -= Math.log(Math.exp(logits[labels[row]]) / partition(row));
      const predicted = logits.indexOf(Math.max(...logits));
      const first = (mask[row] - 1) * 3 * classes;
      if (predicted === labels[row]) table9[first + predicted]++;
      table9[first + classes + predicted]++;
      table9[first + 2 * classes + labels[row]]++;
    }
    expectEqual(total, loss);
    expect(counts).toEqual(table9);
    const softmaxMinusOne = (row: number, c: number) =>
      Math.exp(x[row * classes + c]) / partition(row) - (c === labels[row] ? 1 : 0);
    expectEqual(
      gradient,
      table(rows, classes, (i, j) => (mask[i] === 1 ? SCALARS.lossScale * softmaxMinusOne(i, j) : 0)),
    );
  });

  test.each([
    ['first', [{ first: 1 }], 1],
    ['first and second', [{ first: 1 }, { first: 0 }], 2],
    ['second, begun anew', [{ first: 0 }, { first: 1 }], 1],
    ['second to fourth', [{ first: 0 }, { first: 1 }, { first: 0 }, { first: 0 }], 3],
  ] as const)('sums of the %s run', async (_, runs, times) => {
    const { labels, mask } = targets(3);
    const build = (g: OpGraph) => {
      const x = dense(g, 'logits', labels.length, 3);
      const label: Data = [input(g, 'labels', 'labels', 'u32', labels.length, 1), labels];
      const split: Data = [input(g, 'split', 'labels', 'u32', labels.length, 1), mask];
      const loss = state(g, 'loss', 'results', 1, 4);
      const counts = input(g, 'counts', 'results', 'u32', 9, 3);
      maskedCrossEntropy(g, x[0], label[0], split[0], loss);
      countClasses(g, x[0], label[0], split[0], counts);
      return { data: [x, label, split], outputs: [loss, counts] };
    };
    const once = await oracle(build, [{ first: 1 }]);
    const sums = await oracle(build, runs);
    sums.forEach((array, i) => {
      expectEqual(
        array,
        once[i].map((value) => times * value),
      );
    });
  });

  // https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html and AdamW.html
  test.each([
    [false, 0.2],
    [true, 0.2],
    [false, 0],
    [true, 0],
  ])('five steps of Adam, decoupled: %s, decay of this parameter: %d', async (decoupled, decay) => {
    const [rows, cols] = [3, 5];
    const rates = [0.01, 0.02, 0.005, 0.01, 0.03];
    let [w, gradient]: HostArray[] = [];
    const [after] = await oracle(
      (g) => {
        const data = [dense(g, 'w', rows, cols), dense(g, 'gradient', rows, cols)];
        [w, gradient] = data.map(([, array]) => array);
        adam(g, new Map([[data[0][0], data[1][0]]]), { decoupled, decays: () => decay > 0 });
        return { data, outputs: [data[0][0]] };
      },
      rates.map((lr) => ({ lr, weightDecay: 0.2 })),
    );
    const expected = Float64Array.from(w as Float32Array, (start, i) => {
      let theta: number = start;
      let m = 0;
      let v = 0;
      rates.forEach((lr, at) => {
        const t = at + 1;
        if (decoupled) theta -= lr * decay * theta;
        const slope = gradient[i] + (decoupled ? 0 : decay * theta);
        m = 0.9 * m + 0.1 * slope;
        v = 0.999 * v + 0.001 * slope ** 2;
        theta -= (lr * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
      });
      return theta;
    });
    expectEqual(after, expected);
  });
});
