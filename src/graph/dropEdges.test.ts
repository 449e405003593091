import { describe, expect, test } from 'vitest';
import { arrange } from './arrange.ts';
import { dropBlockEdges, dropEdges, edgeThreshold, keptDegrees } from './dropEdges.ts';
import { driveSync, memoryServer } from './memoryServer.ts';
import { sampleNeighbors } from './neighborSampler.ts';
import { degreesOf } from './operators.ts';
import { deriveKey, seedKey } from './random.ts';
import { nastyGraphData } from './testGraphs.ts';

const graph = arrange(nastyGraphData(300, 5, true));
const { adjacency, nodes } = graph;
const key = seedKey(3);

/** `row column` of every entry. */
function entriesOf({ indptr, indices }: { indptr: Uint32Array; indices: Uint32Array }): Set<string> {
  const found = new Set<string>();
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let e = indptr[row]; e < indptr[row + 1]; e++) found.add(`${row} ${indices[e]}`);
  }
  return found;
}

describe('dropped edges', () => {
  test('both directions are missing together, and nothing else changes', () => {
    const left = dropEdges(adjacency, key, edgeThreshold(0.4));
    const [before, after] = [entriesOf(adjacency), entriesOf(left)];
    expect(after.size).toBeLessThan(before.size);
    for (const entry of after) {
      expect(before.has(entry)).toBe(true);
      expect(after.has(entry.split(' ').reverse().join(' '))).toBe(true);
    }
    expect(left.values!.length).toBe(left.indices.length);
    expect(dropEdges(adjacency, key, edgeThreshold(0))).toEqual(adjacency);
  });

  test.each([0.1, 0.5, 0.9])('a share of %d of them, others in each step', (rate) => {
    const edges = adjacency.indices.length / 2;
    const steps = 60;
    const missing = Array.from({ length: steps }, (_, step) => {
      const left = dropEdges(adjacency, deriveKey(key, step, 1), edgeThreshold(rate));
      return edges - left.indices.length / 2;
    });
    const mean = missing.reduce((sum, n) => sum + n, 0) / steps / edges;
    // Five standard errors of a share of independent draws.
    expect(Math.abs(mean - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / (steps * edges)));
    expect(new Set(missing).size).toBeGreaterThan(3);
  });

  test.each(['drop', 'keep'] as const)(
    'self-loops: %s: a block with all neighbours lacks the same edges, and its degrees are those of what is left',
    (selfLoops) => {
      const graph = arrange(nastyGraphData(300, 5, true), { selfLoops });
      const { adjacency } = graph;
      const threshold = edgeThreshold(0.5);
      const left = dropEdges(adjacency, key, threshold);
      const kept = entriesOf(left);
      for (const loop of ['0 0', '5 5']) expect(kept.has(loop)).toBe(selfLoops === 'keep');
      const seeds = Uint32Array.of(0, 7, 40, 299);
      const serve = memoryServer(graph);
      const { blocks } = driveSync(sampleNeighbors(seeds, [-1, -1], seedKey(1), new Uint32Array(nodes)), serve);
      const degrees = degreesOf(left);
      for (const block of blocks) {
        const own = dropBlockEdges(block, key, threshold);
        const expected = [...entriesOf(block.adjacency)].filter((entry) => {
          const [row, column] = entry.split(' ').map(Number);
          return kept.has(`${block.nodes[row]} ${block.nodes[column]}`);
        });
        expect([...entriesOf(own.adjacency)]).toEqual(expected);
        expect(own.edgeIds.length).toBe(expected.length);
        const found = driveSync(keptDegrees(block.nodes, key, threshold), serve);
        expect(found).toEqual(Float32Array.from(block.nodes, (node) => degrees[node]));
      }
    },
  );
});
