import type { BlocksRequest, BlocksView, NeighbourhoodRequest, NeighbourhoodView } from '../../worker/protocol.ts';
import { answered, trainer } from './engine.ts';

/** Looking at samples of the graph: as pictures, and as training draws them. */

/** What lies around a node. Throws InputError where there is no such node. */
export function neighbourhood(request: NeighbourhoodRequest): Promise<NeighbourhoodView> {
  return answered(trainer.neighbourhood(request));
}

/** What a training step draws for one seed. Throws InputError where the run takes no samples. */
export function blocks(request: BlocksRequest): Promise<BlocksView> {
  return answered(trainer.blocks(request));
}
