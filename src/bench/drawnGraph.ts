import { resolveConfig } from '../config/resolve.ts';
import { arrange } from '../graph/arrange.ts';
import { stochasticBlockModel } from '../graph/blockModel.ts';
import { MAX_DRAWN_NODES } from '../graph/drawingEdges.ts';
import { gatherGraph } from '../graph/generated.ts';
import type { Graph } from '../graph/graph.ts';
import { SHAPES } from '../graph/shapes.ts';
import { encodeHash } from '../run/link.ts';
import type { Asked, BenchContext } from './suite.ts';

/** What a page is given that is to show as large a picture as it has. */

/** As many nodes as the page draws. Few classes, so that their legend leaves the picture its usual place. */
export function drawnGraph({ quick }: Pick<BenchContext, 'quick'>): Graph {
  const nodes = quick ? MAX_DRAWN_NODES / 10 : MAX_DRAWN_NODES;
  const shape = {
    ...SHAPES['arxiv-shape'],
    name: 'drawn',
    nodes,
    edges: 3 * nodes,
    classes: 8,
    directed: false,
  };
  return arrange(gatherGraph(stochasticBlockModel({ ...shape, seed: 1 })), { directed: false });
}

/** The address of an experiment. */
export function hashOf({ data = 'debian-small', preset, sets }: Asked): string {
  const resolved = resolveConfig({ preset, dataset: data, sets: [...sets] });
  return encodeHash({ dataset: { catalogueId: data, fingerprint: null }, ...resolved });
}
