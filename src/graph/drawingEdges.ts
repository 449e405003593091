import { addCsr, transpose } from './csr.ts';
import type { Graph, GraphOutline } from './graph.ts';

/** Which graphs are drawn, and the lines of the picture. */

/** Beyond these a picture is a grey patch, and redrawing it takes longer than a frame. */
export const MAX_DRAWN_NODES = 20_000;
export const MAX_DRAWN_EDGES = 200_000;

export function isDrawn({ nodes, edges }: Pick<GraphOutline, 'nodes' | 'edges'>): boolean {
  return nodes <= MAX_DRAWN_NODES && edges <= MAX_DRAWN_EDGES;
}

/** Two node numbers per undirected edge, the smaller first, each edge once; a self-loop has no line. */
export function drawingEdges(graph: Graph): Uint32Array {
  const { rows, indptr, indices } = bothWays(graph);
  const pairs = new Uint32Array(indices.length);
  let count = 0;
  for (let v = 0; v < rows; v++) {
    for (let e = indptr[v]; e < indptr[v + 1]; e++) {
      if (indices[e] <= v) continue;
      pairs[count++] = v;
      pairs[count++] = indices[e];
    }
  }
  return pairs.slice(0, count);
}

export function bothWays({ adjacency, symmetric }: Graph) {
  return symmetric ? adjacency : addCsr(adjacency, transpose(adjacency).matrix);
}
