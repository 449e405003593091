import type { FileLayout } from '../run/pyg/source.ts';
import { countLoops } from './csr.ts';
import type { Graph } from './graph.ts';

/** What a script must know of the .npz of a graph. */
export function npzLayout({ features, adjacency }: Graph): FileLayout {
  return {
    sparse: features.kind === 'sparse',
    weighted: adjacency.values !== null,
    loops: countLoops(adjacency) > 0,
  };
}
