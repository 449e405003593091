/**
 * Zachary's karate club: 34 members, 78 friendships outside the club. W. W. Zachary, "An Information Flow Model for Conflict
 * and Fission in Small Groups", Journal of Anthropological Research 33 (1977), 452-473, figure 2.
 *
 * Classes and training nodes are those of `KarateClub` in PyTorch Geometric: four communities found by modularity, used
 * for a GCN with one label each by Kipf and Welling (https://arxiv.org/abs/1609.02907, appendix A).
 */
import type { GraphData } from '../src/formats/graphData.ts';
import { SPLIT } from '../src/formats/graphData.ts';
import { forceLayout } from '../src/graph/layout.ts';

/** Friends with a higher number, per member, counted from 0. */
const FRIENDS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31],
  [2, 3, 7, 13, 17, 19, 21, 30],
  [3, 7, 8, 9, 13, 27, 28, 32],
  [7, 12, 13],
  [6, 10],
  [6, 10, 16],
  [16],
  [],
  [30, 32, 33],
  [33],
  [],
  [],
  [],
  [33],
  [32, 33],
  [32, 33],
  [],
  [],
  [32, 33],
  [33],
  [32, 33],
  [],
  [32, 33],
  [25, 27, 29, 32, 33],
  [25, 27, 31],
  [31],
  [29, 33],
  [33],
  [31, 33],
  [32, 33],
  [32, 33],
  [32, 33],
  [33],
  [],
];

const COMMUNITY = [
  1, 1, 1, 1, 3, 3, 3, 1, 0, 1, 3, 1, 1, 1, 0, 0, 3, 1, 0, 1, 0, 1, 0, 0, 2, 2, 0, 0, 2, 0, 0, 2, 0, 0,
];

/**
 * The club as a graph without features. The first member of each community trains; of the others every third validates
 * and the rest test.
 */
export function karateGraph(): GraphData {
  const labels = Int32Array.from(COMMUNITY);
  const first = new Set([0, 1, 2, 3].map((community) => COMMUNITY.indexOf(community)));
  let others = 0;
  const split = Uint8Array.from(COMMUNITY, (_, node) => {
    if (first.has(node)) return SPLIT.train;
    return others++ % 3 === 0 ? SPLIT.validation : SPLIT.test;
  });
  const source = Uint32Array.from(FRIENDS.flatMap((row, node) => row.map(() => node)));
  const target = Uint32Array.from(FRIENDS.flat());
  return {
    name: 'karate',
    nodes: COMMUNITY.length,
    source,
    target,
    weight: null,
    features: null,
    labels,
    classNames: ['community 1', 'community 2', 'community 3', 'community 4'],
    splits: [split],
    // Zachary counts from 1; the two whose quarrel split the club are known by name.
    nodeIds: COMMUNITY.map((_, node) =>
      node === 0 ? 'Mr. Hi (1)' : node === 33 ? 'John A. (34)' : `member ${node + 1}`,
    ),
    positions: forceLayout(COMMUNITY.length, source, target, 0.5),
    notes: [],
  };
}
