import { describe, expect, test } from 'vitest';
import { gradients } from '../tensor/autodiff.ts';
import { input, state } from '../tensor/graph.ts';
import type { OpGraph } from '../tensor/op.ts';
import { maskedBinaryCrossEntropy } from '../tensor/ops/binaryLoss.ts';
import { maskedCrossEntropy } from '../tensor/ops/loss.ts';
import { countClasses, countLabels } from '../tensor/ops/metrics.ts';
import { accumulate, optimize } from '../tensor/ops/optimizer.ts';
import type { HostArray } from './executor.ts';
import { expectEqual, oracle, sum, table } from './testing/formulas.ts';
import { someWeights, targets } from './testing/learningCases.ts';
import { type Data, dense, SCALARS } from './testing/opCase.ts';

/** The oracle against the formulas of losses, counts and optimisers. */

describe('learning', () => {
  test.each([
    [2, false],
    [7, false],
    [42, false],
    [7, true],
  ])('loss, gradient and counts of %i classes, weighted: %s', async (classes, weighted) => {
    const weights = weighted ? someWeights(classes) : new Float32Array(classes).fill(1);
    const { labels, mask } = targets(classes);
    const rows = labels.length;
    let x: HostArray = new Float32Array();
    const [total, counts, confusion, gradient] = await oracle((g) => {
      const dx = dense(g, 'logits', rows, classes);
      x = dx[1];
      // Some rows have their largest logit twice: the first one counts.
      for (let row = 0; row < rows; row += 3) x[row * classes + classes - 1] = x[row * classes] = 2;
      const label: Data = [input(g, 'labels', 'labels', 'u32', rows, 1), labels];
      const split: Data = [input(g, 'split', 'labels', 'u32', rows, 1), mask];
      const loss = state(g, 'loss', 'results', 1, 4);
      const table = input(g, 'counts', 'results', 'u32', 9, classes);
      const weight: Data = [input(g, 'weights', 'labels', 'f32', 1, classes), weights];
      maskedCrossEntropy(g, dx[0], label[0], split[0], loss, weighted ? weight[0] : null);
      const square = input(g, 'confusion', 'results', 'u32', classes, classes);
      countClasses(g, dx[0], label[0], split[0], table, square);
      const data = [dx, label, split, ...(weighted ? [weight] : [])];
      return { data, outputs: [loss, table, square, ...gradients(g, [dx[0]]).values()] };
    });
    const partition = (row: number) => sum(classes, (c) => Math.exp(x[row * classes + c]));
    const loss = [0, 0, 0, 0];
    const table9 = new Float64Array(9 * classes);
    const confused = new Float64Array(classes * classes);
    for (let row = 0; row < rows; row++) {
      if (mask[row] === 0) continue;
      const logits = x.subarray(row * classes, (row + 1) * classes);
      loss[mask[row] - 1] -= weights[labels[row]] * Math.log(Math.exp(logits[labels[row]]) / partition(row));
      const predicted = logits.indexOf(Math.max(...logits));
      const first = (mask[row] - 1) * 3 * classes;
      if (predicted === labels[row]) table9[first + predicted]++;
      table9[first + classes + predicted]++;
      table9[first + 2 * classes + labels[row]]++;
      if (mask[row] === 3) confused[labels[row] * classes + predicted]++;
    }
    expectEqual(total, loss);
    expect(counts).toEqual(table9);
    expect(confusion).toEqual(confused);
    const softmaxMinusOne = (row: number, c: number) =>
      Math.exp(x[row * classes + c]) / partition(row) - (c === labels[row] ? 1 : 0);
    expectEqual(
      gradient,
      table(rows, classes, (i, j) =>
        mask[i] === 1 ? SCALARS.lossScale * weights[labels[i]] * softmaxMinusOne(i, j) : 0,
      ),
    );
  });

  // https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
  test.each([1, 7, 42])('binary loss, gradient and counts of %i classes', async (classes) => {
    const { mask } = targets(classes);
    const rows = mask.length;
    const wanted = Float32Array.from({ length: rows * classes }, (_, i) => ((i * i) % 3 === 1 ? 1 : 0));
    let x: HostArray = new Float32Array();
    const [total, counts, gradient] = await oracle((g) => {
      const dx = dense(g, 'logits', rows, classes);
      x = dx[1];
      x[0] = 0;
      const label: Data = [input(g, 'targets', 'labels', 'f32', rows, classes, 'padded'), wanted];
      const split: Data = [input(g, 'split', 'labels', 'u32', rows, 1), mask];
      const loss = state(g, 'loss', 'results', 1, 4);
      const table9 = input(g, 'counts', 'results', 'u32', 9, classes);
      maskedBinaryCrossEntropy(g, dx[0], label[0], split[0], loss);
      countLabels(g, dx[0], label[0], split[0], table9);
      return { data: [dx, label, split], outputs: [loss, table9, ...gradients(g, [dx[0]]).values()] };
    });
    const sigmoid = (i: number) => 1 / (1 + Math.exp(-x[i]));
    const loss = [0, 0, 0, 0];
    const table9 = new Float64Array(9 * classes);
    for (let row = 0; row < rows; row++) {
      if (mask[row] === 0) continue;
      for (let c = 0; c < classes; c++) {
        const i = row * classes + c;
        loss[mask[row] - 1] -= Math.log(wanted[i] === 1 ? sigmoid(i) : 1 - sigmoid(i));
        const at = (mask[row] - 1) * 3 * classes + c;
        if (x[i] > 0 && wanted[i] === 1) table9[at]++;
        if (x[i] > 0) table9[at + classes]++;
        if (wanted[i] === 1) table9[at + 2 * classes]++;
      }
    }
    expectEqual(total, loss);
    expect(counts).toEqual(table9);
    expectEqual(
      gradient,
      table(rows, classes, (i, j) =>
        mask[i] === 1 ? SCALARS.lossScale * (sigmoid(i * classes + j) - wanted[i * classes + j]) : 0,
      ),
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

  // https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html, AdamW.html and SGD.html
  describe.each([
    ['unclipped', Number.POSITIVE_INFINITY],
    ['clipped where the norm is over 4', 4],
  ])('%s', (_, limit) => {
    test.each([
      ['adam', 'weightDecay', 0.2],
      ['adam', null, 0],
      ['adamw', 'weightDecay', 0.2],
      ['adamw', null, 0],
      ['sgd', 'weightDecayLinear', 0.3],
      ['sgd', null, 0],
    ] as const)('five steps of %s, decay of this parameter: %s', async (rule, decayOf, decay) => {
      const [rows, cols] = [3, 5];
      const rates = [0.01, 0.02, 0.005, 0.01, 0.03];
      const momenta = [0.9, 0.9, 0.5, 0, 0.8];
      let [w, gradient, other]: HostArray[] = [];
      const clip = Number.isFinite(limit);
      const scalars = { weightDecay: 0.2, weightDecayLinear: 0.3, clip: limit };
      const [after] = await oracle(
        (g) => {
          const data = [dense(g, 'w', rows, cols), dense(g, 'gradient', rows, cols)];
          data.push(dense(g, 'b', 1, 2), dense(g, 'b.grad', 1, 2));
          const total = state(g, 'total', 'optimizer', rows, cols);
          accumulate(g, total, data[1][0]);
          [w, gradient, , other] = data.map(([, array]) => array);
          const update = new Map([
            [data[0][0], total],
            [data[2][0], data[3][0]],
          ]);
          optimize(g, update, { rule, decayOf: () => decayOf, clip });
          return { data, outputs: [data[0][0]] };
        },
        rates.map((lr, at) => ({ ...scalars, lr, step: at + 1, momentum: momenta[at], firstPart: at % 2 })),
      );
      // What total holds in each step: the sums of one, one, two, one, two gradients.
      const times = [1, 1, 2, 1, 2];
      const square = (array: HostArray) => Array.from(array).reduce((sum, x) => sum + x * x, 0);
      const scales = times.map((n) =>
        Math.min(1, limit / (Math.sqrt(n * n * square(gradient) + square(other)) + 1e-6)),
      );
      if (clip) expect([Math.max(...scales), scales.every((scale) => scale === 1)]).toEqual([1, false]);
      const expected = Float64Array.from(w as Float32Array, (start, i) => {
        let theta: number = start;
        let [m, v] = [0, 0];
        rates.forEach((lr, at) => {
          const t = at + 1;
          if (rule === 'adamw') theta -= lr * decay * theta;
          const slope = scales[at] * times[at] * gradient[i] + (rule === 'adamw' ? 0 : decay * theta);
          if (rule === 'sgd') {
            v = momenta[at] * v + slope;
            theta -= lr * v;
            return;
          }
          m = 0.9 * m + 0.1 * slope;
          v = 0.999 * v + 0.001 * slope ** 2;
          theta -= (lr * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
        });
        return theta;
      });
      expectEqual(after, expected);
    });
  });
});
