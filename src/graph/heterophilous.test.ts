import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Catalogue } from '../formats/catalogue.ts';
import { readGraphFiles } from '../formats/open.ts';
import { arrange } from './arrange.ts';

const folder = process.env.EDGEWISE_DATA;
const catalogue: Catalogue = JSON.parse(
  readFileSync(new URL('../../datasets/catalogue.json', import.meta.url), 'utf8'),
);

const skipped = folder ? '' : ' (skipped: EDGEWISE_DATA names no folder)';

describe.skipIf(!folder)(`the heterophilous benchmark${skipped}`, () => {
  test.each([
    // Platonov et al., ICLR 2023, table 1: edges, homophily; splits of 50/25/25 %.
    ['tolokers', [5879, 2939, 2940], 0.59],
    ['minesweeper', [5000, 2500, 2500], 0.68],
  ])('%s has the published counts and ten splits', async (id, sizes, homophily) => {
    const bytes = new Uint8Array(readFileSync(`${folder}/heterophilous/${id}.npz`));
    const graph = arrange(readGraphFiles([{ name: `${id}.npz`, bytes }]));
    const entry = catalogue.find((candidate) => candidate.id === id)!;
    expect({
      nodes: graph.nodes,
      edges: graph.edges,
      features: graph.features.cols,
      classes: graph.classNames.length,
    }).toEqual({ nodes: entry.nodes, edges: entry.edges, features: entry.features, classes: entry.classes });
    expect(graph.notes).toEqual([]);
    expect(graph.splits.length).toBe(10);
    for (const split of graph.splits) {
      expect([1, 2, 3].map((code) => split.filter((c) => c === code).length)).toEqual(sizes);
    }
    const { indptr, indices } = graph.adjacency;
    let equal = 0;
    for (let v = 0; v < graph.nodes; v++) {
      for (let e = indptr[v]; e < indptr[v + 1]; e++) equal += graph.labels[v] === graph.labels[indices[e]] ? 1 : 0;
    }
    // The table cuts the third digit off.
    expect(Math.floor((100 * equal) / indices.length) / 100).toBe(homophily);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    expect({ bytes: bytes.length, sha256: Buffer.from(digest).toString('hex') }).toEqual({
      bytes: entry.files[0].bytes,
      sha256: entry.files[0].sha256,
    });
  });
});
