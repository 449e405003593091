import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import type { Config } from '../config/schema.ts';
import { arrange } from '../graph/arrange.ts';
import { canonicalSparse } from '../graph/features.ts';
import { powerLawGraph } from '../graph/generators.ts';
import type { Graph } from '../graph/graph.ts';
import { panelsOf } from '../tensor/panels.ts';
import { DEFAULT_LIMITS } from '../tensor/plan.ts';
import type { DType, Value } from '../tensor/value.ts';
import { verifyPlan } from '../tensor/verify.ts';
import { forecastRun } from './forecast.ts';
import { train } from './session.ts';
import { BACKENDS } from './testing/backends.ts';
import { expectSameBits } from './testing/compare.ts';
import { configOf, testGraph } from './testing/graphs.ts';
import { BATCH_NORMS, KINDS, VARIANTS } from './testing/models.ts';

/** What recomputation saves, what it costs, and that a deep model keeps its curve. Of all models: repeat.test.ts. */

/** A power-law graph of 7 classes in which each node has 18 of 1,433 words. */
function wordGraph(nodes: number, edges: number): Graph {
  const words = Float32Array.from({ length: nodes * 1433 }, (_, i) => (i % 79 === 0 ? 1 : 0));
  return arrange({
    ...powerLawGraph(nodes, edges, 7),
    labels: Int32Array.from({ length: nodes }, (_, node) => node % 7),
    classNames: [...'abcdefg'],
    features: canonicalSparse({ kind: 'dense', rows: nodes, cols: 1433, values: words }),
  });
}

/** As large as Cora. */
const large = wordGraph(2708, 5278);
const OPTIONS = { backend: 'webgpu', limits: DEFAULT_LIMITS, capacityFrom: 'worst case' } as const;
const HOW = ['off', 'segments', 'tree'] as const;
const gcn2 = (how: Config['compute.recompute'], ...sets: string[]) =>
  resolveConfig({ preset: 'gcn2', sets: [`compute.recompute=${how}`, ...sets] }).config;
const planOf = (how: Config['compute.recompute'], layers = 16, graph = large) => {
  const { plan } = forecastRun(graph, gcn2(how, `model.layers=${layers}`), OPTIONS);
  expect(verifyPlan(plan)).toEqual([]);
  const activations = plan.buffers.filter(({ purpose }) => purpose === 'activations');
  return {
    bytes: activations.reduce((sum, { bytes }) => sum + bytes, 0),
    dispatches: plan.routines.train.length,
    routines: plan.routines,
  };
};

test.each([...KINDS, ...VARIANTS, ...BATCH_NORMS])('runs something again: %s', (_, changes) => {
  const little = testGraph({ features: 'sparse', directed: true });
  const of = (how: Config['compute.recompute']) => {
    const config = configOf({ 'model.layers': 3, ...changes, 'compute.recompute': how });
    return forecastRun(little, config, OPTIONS).training.program;
  };
  const { graph, capacity } = of('tree');
  expect(graph.nodes.length).toBeGreaterThan(of('off').graph.nodes.length);
  // The pass goes by a node's inputs alone: nothing else may be read.
  const panels = (value: Value) => panelsOf(value, capacity, DEFAULT_LIMITS.maxStorageBufferBindingSize);
  for (const node of graph.nodes) {
    const known = new Set<unknown>([...node.inputs, ...node.outputs]);
    const scratch = (name: string, dtype: DType, rows: number) => {
      const value = { ...node.inputs[0], name, dtype, rows, layout: 'packed', lifetime: 'transient' } as const;
      known.add(value);
      return { value, panel: 0 };
    };
    const read = node.op.lower(node, { capacity, panels, scratch }).flatMap(({ reads }) => Object.values(reads));
    const transient = read.filter(({ value }) => value.lifetime === 'transient');
    expect(transient.filter(({ value }) => !known.has(value)).map(({ value }) => value.name)).toEqual([]);
  }
});

test('of 16 layers of GCNII takes a third of the memory, and less than twice the dispatches', () => {
  const [off, segments, tree] = HOW.map((how) => planOf(how));
  expect(off.bytes / segments.bytes).toBeGreaterThan(2);
  expect(off.bytes / tree.bytes).toBeGreaterThan(3);
  // 202, 255 and 347, with a second dispatch for the hubs of each layer (138, 165 and 211 in a graph that has none): updates join
  // their gradients, so what is repeated is a larger share of what there is.
  expect(segments.dispatches / off.dispatches).toBeLessThan(1.3);
  expect(tree.dispatches / off.dispatches).toBeLessThan(1.75);
  // Nothing but the training routine changes.
  const kernels = ({ routines }: typeof off) => routines.evaluate.map(({ kernel }) => kernel);
  expect(kernels(tree)).toEqual(kernels(off));
});

test('keeps about the square root of the layers, or about their logarithm', () => {
  const [of16, of64] = [16, 64].map((layers) => HOW.map((how) => planOf(how, layers).bytes));
  const growth = of64.map((bytes, i) => bytes / of16[i]);
  expect(growth[0]).toBeGreaterThan(3.5);
  expect(growth[1]).toBeLessThan(2);
  expect(growth[2]).toBeLessThan(1.4);
});

describe.each(BACKENDS)('$title', ({ backend, missing }) => {
  test.skipIf(missing)(
    'of 16 layers of GCNII takes a third of the memory and keeps every bit of the curve',
    async () => {
      const graph = wordGraph(600, 1170);
      const [off, segments, tree] = HOW.map((how) => planOf(how, 16, graph).bytes);
      expect(off / segments).toBeGreaterThan(2);
      expect(off / tree).toBeGreaterThan(3);
      const run = (how: Config['compute.recompute']) =>
        train({ graph, config: gcn2(how, 'training.epochs=3'), backend, fit: false });
      const kept = await run('off');
      expect(new Set(kept.epochs.map(({ trainLoss }) => trainLoss)).size).toBe(3);
      for (const how of ['segments', 'tree'] as const) expectSameBits(await run(how), kept);
    },
  );

  test.skipIf(missing)('a sampled run that is fitted by it keeps every bit of the curve, and its batches', async () => {
    const graph = wordGraph(600, 1170);
    const batches = ['batchSize=40', 'fanOut=2'].flatMap((set) => [`sampling.${set}`, `evaluation.${set}`]);
    const strategies = ['sampling.strategy=neighbor', 'evaluation.strategy=neighbor'];
    const config = gcn2('off', ...strategies, ...batches, 'training.epochs=2', 'model.hidden=32');
    const planned = (how: Config['compute.recompute']) =>
      forecastRun(graph, { ...config, 'compute.recompute': how }, OPTIONS).plan.bytes;
    const kept = await train({ graph, config, backend, fit: true });
    expect(kept.fitted).toEqual({});
    for (const how of ['segments', 'tree'] as const) {
      const budget = { 'memory.gpuBudget': planned(how) };
      const fitted = await train({ graph, config: { ...config, ...budget }, backend, fit: true });
      expect(fitted.fitted).toEqual({ 'compute.recompute': how });
      if (backend.kind === 'webgpu') expect(fitted.memory.peak.gpu).toBe(planned(how));
      expect(fitted.memory.peak.gpu).toBe(fitted.memory.forecast.gpu);
      expectSameBits(fitted, kept);
    }
  });
});
