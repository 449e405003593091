import { stochasticBlockModel } from './blockModel.ts';
import type { GeneratedGraph } from './generated.ts';
import { SHAPES, type ShapeName } from './shapes.ts';

/** @param share of the nodes and of the edges: a smaller graph with the degrees of the large one */
export function namedShape(name: ShapeName, seed: number, share = 1): GeneratedGraph {
  const { nodes, edges } = SHAPES[name];
  const size = { nodes: Math.round(nodes * share), edges: Math.round(edges * share) };
  return stochasticBlockModel({ ...SHAPES[name], ...size, name, seed });
}
