import { isDrawn } from '../graph/drawingEdges.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import type { Progress } from './download.ts';

/** Where the nodes of a graph are drawn; null where it is not. Graphs that come with the page bring their positions: the code for others is loaded when it is needed. */
export async function drawnPositions(graph: AnyGraph, progress: Progress): Promise<Float32Array | null> {
  if (isStored(graph) || !isDrawn(graph)) return null;
  if (graph.positions) return graph.positions;
  const { drawingPositions } = await import('../graph/drawing.ts');
  const onProgress = (done: number, total: number) =>
    progress({ task: 'Laying the graph out', done, total, unit: 'nodes' });
  return drawingPositions(graph, { onProgress });
}
