import { BLOCK_BYTES } from '../graph/generated.ts';
import { ORDERING_NAMES } from '../graph/ordering.ts';
import { SHAPES, type ShapeName } from '../graph/shapes.ts';
import { manifestBytes } from '../store/ingest.ts';
import { ingestForecast, type StreamShape } from '../store/ingestPlan.ts';
import { type Manifest, orderingOf } from '../store/manifest.ts';
import type { DatasetEntry } from './protocol.ts';

/** The named shapes in the list of datasets: made when somebody asks for one, and kept. */

const STANDS_FOR: Readonly<Record<ShapeName, string>> = {
  'arxiv-shape': 'ogbn-arxiv, papers that cite papers',
  'reddit-shape': 'Reddit, posts joined by who comments on both',
  'products-shape': 'ogbn-products, goods that are bought together',
};

/** The sizes of a shape as a stream, without making its labels: what `shapeOf` says of it. */
export function streamShape(name: ShapeName): StreamShape {
  const { nodes, edges, features: cols } = SHAPES[name];
  const features = { kind: 'dense', cols, valued: true, rowEntries: cols } as const;
  return {
    name,
    nodes,
    edges,
    weighted: false,
    features,
    labelEntries: null,
    splits: 1,
    extraBytes: 0,
    hostBytes: BLOCK_BYTES,
  };
}

/** @param manifest where it is stored */
export function shapeEntry(name: ShapeName, manifest: Manifest | null | undefined): DatasetEntry {
  const { nodes, edges, features, classes } = SHAPES[name];
  const making = ORDERING_NAMES.map((ordering) => [ordering, ingestForecast(streamShape(name), { ordering }).disk]);
  return {
    id: name,
    title: name,
    about: `A random graph of the size of ${STANDS_FOR[name]}: classes show in its features and in its edges.`,
    nodes: manifest?.nodes ?? nodes,
    edges: manifest?.edges ?? edges,
    features,
    classes,
    licence: '',
    citation: '',
    kind: 'generated',
    stored: manifest !== undefined,
    bytes: manifest ? manifestBytes(manifest) : ingestForecast(streamShape(name)).stored,
    makingBytes: Object.fromEntries(making),
    leastBytes: null,
    ordering: manifest ? orderingOf(manifest) : null,
    address: null,
    sizeHost: null,
    files: 0,
  };
}
