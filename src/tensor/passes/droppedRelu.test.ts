import { describe, expect, test } from 'vitest';
import { gradients } from '../autodiff.ts';
import { input, newGraph, state } from '../graph.ts';
import type { OpGraph } from '../op.ts';
import { activate } from '../ops/activation.ts';
import { dropout } from '../ops/dropout.ts';
import { add } from '../ops/elementwise.ts';
import { maskedCrossEntropy } from '../ops/loss.ts';
import { matmul } from '../ops/matmul.ts';
import { symbol, type Value } from '../value.ts';
import { droppedRelu } from './droppedRelu.ts';

/** What the pass exchanges. That no bit changes is shown in device/droppedRelu.test.ts. */

const NODES = symbol('nodes');

/** x·W1 → between → ·W2 → loss, differentiated. */
function network(between: (g: OpGraph, h: Value) => Value) {
  const g = newGraph();
  g.routine = 'train';
  const weight = (name: string, rows: number, cols: number) => state(g, name, 'parameters', rows, cols);
  const [w1, w2] = [weight('w1', 8, 8), weight('w2', 8, 3)];
  const hidden = matmul(g, input(g, 'x', 'features', 'f32', NODES, 8, 'padded'), w1);
  const list = (name: string) => input(g, name, 'labels', 'u32', NODES, 1);
  const logits = matmul(g, between(g, hidden), w2);
  maskedCrossEntropy(g, logits, list('labels'), list('mask'), state(g, 'total', 'results', 1, 4));
  gradients(g, [w1, w2]);
  return g;
}

const backward = (g: OpGraph) => g.nodes.filter((node) => node.backward);
const opsOf = (g: OpGraph) => backward(g).map(({ op }) => op.name);

describe('the gradient through dropout(relu(x))', () => {
  const g = network((g, h) => dropout(g, activate(g, 'relu', h), null));
  const after = droppedRelu(g, 'train');

  test('draws no mask, and reads what was dropped instead of what the ReLU gave', () => {
    expect(opsOf(g)).toContain('dropout');
    expect(opsOf(after)).toEqual(opsOf(g).map((name) => (name === 'dropout' ? 'dropScale' : name)));
    const [output, dropped] = ['activate', 'dropout'].map(
      (op) => g.nodes.find((node) => node.op.name === op)!.outputs[0],
    );
    expect(backward(g).some(({ inputs }) => inputs.includes(output))).toBe(true);
    expect(backward(after).some(({ inputs }) => inputs.includes(output))).toBe(false);
    expect(backward(after).find(({ op }) => op.name === 'activateGrad')!.inputs[1]).toBe(dropped);
  });

  test('has the same values, and every other node stays', () => {
    expect(after.values).toBe(g.values);
    expect(after.nodes.filter((node, i) => node !== g.nodes[i])).toHaveLength(2);
  });

  test('in another routine stays as it is', () => {
    expect(droppedRelu(g, 'evaluate').nodes).toEqual(g.nodes);
  });
});

test.each<[string, (g: OpGraph, h: Value) => Value]>([
  ['another activation', (g, h) => dropout(g, activate(g, 'elu', h), null)],
  ['no dropout', (g, h) => activate(g, 'relu', h)],
  ['no activation', (g, h) => dropout(g, h, null)],
  [
    'a ReLU whose output is used as it is, too',
    (g, h) => {
      const y = activate(g, 'relu', h);
      return add(g, y, dropout(g, y, null));
    },
  ],
  [
    'a ReLU that is dropped twice',
    (g, h) => {
      const y = activate(g, 'relu', h);
      return add(g, dropout(g, y, null), dropout(g, y, null));
    },
  ],
])('left alone: %s', (_, between) => {
  const g = network(between);
  expect(droppedRelu(g, 'train').nodes).toEqual(g.nodes);
});
