import type { EdgeBlock, GraphStream } from '../formats/graphStream.ts';
import { BLOCK_BYTES, type GeneratedGraph } from './generated.ts';

/** A generated graph in pieces, so that it can be stored without ever being held. */
export function streamOf(graph: GeneratedGraph): GraphStream {
  const { name, nodes, edges, directed, classNames, features: cols } = graph;
  function* edgeBlocks(): Iterable<EdgeBlock> {
    for (const { source, target } of graph.edgeBlocks()) yield { source, target, weight: null };
  }
  return {
    name,
    nodes,
    edges,
    directed,
    classNames,
    weighted: false,
    labels: Int32Array.from({ length: nodes }, (_, node) => graph.label(node)),
    splits: [Uint8Array.from({ length: nodes }, (_, node) => graph.split(node))],
    nodeIds: null,
    positions: null,
    notes: [],
    edgeBlocks,
    features: {
      kind: 'dense',
      cols,
      valued: true,
      rowEntries: cols,
      rows(begin, end) {
        const values = new Float32Array((end - begin) * cols);
        for (let node = begin; node < end; node++) {
          graph.featureRow(node, values.subarray((node - begin) * cols, (node - begin + 1) * cols));
        }
        return { kind: 'dense', rows: end - begin, cols, values };
      },
    },
    hostBytes: BLOCK_BYTES,
  };
}
