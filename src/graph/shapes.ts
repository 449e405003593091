import type { BlockModelSettings } from './blockModel.ts';

/**
 * Stand-ins for public graphs that are too large to carry along: nodes, edges, features, classes and the shares of the
 * split are theirs, homophily, signal and skew are made up. ogbn-arxiv and ogbn-products:
 * https://ogb.stanford.edu/docs/nodeprop; Reddit: Hamilton, Ying and Leskovec, https://arxiv.org/abs/1706.02216. So
 * many edges are produced; some are duplicates, the more the denser the graph and the heavier its hubs.
 */
export const SHAPES = {
  'arxiv-shape': {
    nodes: 169_343,
    edges: 1_166_243,
    directed: true,
    features: 128,
    classes: 40,
    split: { train: 0.537, validation: 0.176 },
    homophily: 0.65,
    signal: 1.5,
    skew: 3,
  },
  'reddit-shape': {
    nodes: 232_965,
    edges: 57_307_946,
    directed: false,
    features: 602,
    classes: 41,
    split: { train: 0.66, validation: 0.1 },
    homophily: 0.75,
    signal: 1.5,
    // With a heavier tail the hubs of a class would be joined to each other thousands of times.
    skew: 2,
  },
  'products-shape': {
    nodes: 2_449_029,
    edges: 61_859_140,
    directed: false,
    features: 100,
    classes: 47,
    split: { train: 0.08, validation: 0.016 },
    homophily: 0.8,
    signal: 1.5,
    skew: 3,
  },
} as const satisfies Record<string, Omit<BlockModelSettings, 'name' | 'seed'>>;

export type ShapeName = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as readonly ShapeName[];

export const isShape = (name: string): name is ShapeName => Object.hasOwn(SHAPES, name);
