import type { GraphData } from '../formats/graphData.ts';
import { shuffled, uniformBelow } from './draw.ts';
import { deriveKey, seedKey } from './random.ts';

/**
 * A graph with hubs, for benches: both ends of an edge are node floor(n u^3), u uniform, so node i's expected degree falls as
 * i^(-2/3) and the degrees follow a power law with exponent 2.5, like many found in nature (Chung and Lu, PNAS 99(25), 2002:
 * weights i^(-1/(exponent-1))). Ids are shuffled so that hubs are not neighbours in memory. Exactly `edges` are drawn; the
 * self-loops and duplicates among them are left to `arrange`.
 */
export function powerLawGraph(nodes: number, edges: number, seed: number): GraphData {
  const key = seedKey(seed);
  const ids = shuffled(
    Uint32Array.from({ length: nodes }, (_, i) => i),
    deriveKey(key, 0, 0),
  );
  const ends = deriveKey(key, 1, 0);
  const endpoint = (edge: number, end: number) =>
    ids[Math.floor(nodes * (uniformBelow(2 ** 32, ends, edge, end) / 2 ** 32) ** 3)];
  return {
    name: `power law ${nodes} × ${edges}`,
    nodes,
    source: Uint32Array.from({ length: edges }, (_, edge) => endpoint(edge, 0)),
    target: Uint32Array.from({ length: edges }, (_, edge) => endpoint(edge, 1)),
    weight: null,
    features: null,
    labels: null,
    classNames: [],
    splits: [],
    nodeIds: null,
    positions: null,
    notes: [],
  };
}
