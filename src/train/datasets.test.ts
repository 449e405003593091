import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { resolveConfig } from '../config/resolve.ts';
import { gpu } from '../device/testing/dawn.ts';
import { countBuffers } from '../device/webgpu/countBuffers.ts';
import { readGraphFiles } from '../formats/open.ts';
import { arrange } from '../graph/arrange.ts';
import type { Graph } from '../graph/graph.ts';
import { train } from './session.ts';
import { CPU, WEBGPU } from './testing/backends.ts';

/** The embedded graphs, as everybody meets them first. */
function load(name: string): Graph {
  const path = fileURLToPath(new URL(`../../datasets/${name}.safetensors.gz`, import.meta.url));
  return arrange(readGraphFiles([{ name: `${name}.safetensors.gz`, bytes: readFileSync(path) }]));
}

describe('karate', () => {
  test('one label per community is enough for a GCN, and without the graph it is worth nothing', async () => {
    const graph = load('karate');
    const accuracy = async (kind: 'gcn' | 'mlp') => {
      const { config } = resolveConfig({ sets: [`model.kind=${kind}`, 'training.epochs=100'] });
      return (await train({ graph, config, backend: CPU.backend, fit: false })).result.testAcc;
    };
    expect(await accuracy('gcn')).toBeGreaterThan(0.7);
    // Its features are one per member: an MLP learns the training nodes by heart and guesses the others.
    expect(await accuracy('mlp')).toBeLessThan(0.6);
  });
});

describe(`debian-small: ${WEBGPU.title}`, () => {
  test.skipIf(WEBGPU.missing).each([
    ['full batch', [], false],
    ['sampled', ['sampling.strategy=neighbor'], false],
    ['fitted to 3 MB', ['memory.gpuBudget=3MB'], true],
  ] as const)('takes what was forecast, to the byte, and learns: %s', async (_, sets, fit) => {
    const graph = load('debian-small');
    const { config } = resolveConfig({ dataset: 'debian-small', sets: [...sets, 'training.epochs=3'] });
    const counted = countBuffers(gpu);
    const { memory, epochs } = await train({ graph, config, backend: { kind: 'webgpu', gpu: counted.gpu }, fit });
    expect(counted.peak()).toBe(memory.forecast.gpu);
    expect(memory.peak.gpu).toBe(memory.forecast.gpu);
    expect(counted.held()).toBe(0);
    if (fit) expect(memory.peak.gpu).toBeLessThanOrEqual(config['memory.gpuBudget']);
    expect(epochs[2].trainLoss).toBeLessThan(epochs[0].trainLoss);
  });
});
