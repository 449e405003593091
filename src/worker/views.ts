import type { Config } from '../config/schema.ts';
import { drawingEdges } from '../graph/drawingEdges.ts';
import { isIdentity } from '../graph/features.ts';
import { npzLayout } from '../graph/npzLayout.ts';
import type { DatasetInfo } from '../run/record.ts';
import { manifestBytes } from '../store/ingest.ts';
import { type AnyGraph, isStored } from '../store/storedGraph.ts';
import { planPicture } from '../tensor/picture.ts';
import type { Fit } from '../train/fit.ts';
import { diskBytes } from '../train/hostMemory.ts';
import { stepsOfEpoch } from '../train/requests.ts';
import { seedsOf, splitOf } from '../train/seeds.ts';
import type { LoadedGraph } from './datasets.ts';
import type { ForecastView, GraphView } from './protocol.ts';

/** What the engine knows, as the plain data that the page is told. */

export function forecastView(graph: AnyGraph, config: Config, { forecast, fitted, notes }: Fit): ForecastView {
  const purposes: Record<string, number> = {};
  for (const { purpose, bytes } of forecast.plan.buffers) purposes[purpose] = (purposes[purpose] ?? 0) + bytes;
  const { capacity, capacityFrom, memory, plan } = forecast;
  const sampled = Object.keys(capacity).length > 0;
  return {
    config,
    fitted,
    notes,
    memory,
    fromDisk: diskBytes(graph, forecast.config) > 0,
    purposes,
    capacityFrom: sampled ? capacityFrom : null,
    stepsPerEpoch: stepsPerEpoch(graph, forecast.config),
    picture: planPicture(plan),
  };
}

/** Optimiser steps of an epoch: one for every `training.accumulate` batches of training nodes. */
export function stepsPerEpoch(graph: AnyGraph, config: Config): number {
  if (config['sampling.strategy'] === 'full') return 1;
  return stepsOfEpoch(seedsOf(splitOf(graph, config), 'train', false).length, config);
}

export function datasetInfo(graph: AnyGraph, fingerprint: string): DatasetInfo {
  return {
    name: graph.name,
    nodes: graph.nodes,
    edges: graph.edges,
    features: graph.features.cols,
    classes: graph.classNames.length,
    ...(graph.labelSets ? { multiLabel: true } : {}),
    fingerprint,
  };
}

/** @param positions of its nodes; null where it is not drawn */
export function graphView(
  { graph, id, catalogueId, fingerprint }: LoadedGraph,
  positions: Float32Array | null,
): GraphView {
  return {
    id,
    catalogueId,
    info: datasetInfo(graph, fingerprint),
    classNames: graph.classNames,
    // Of a graph that is not drawn nobody looks at single nodes.
    labels: positions ? graph.labels : new Int32Array(0),
    labelSets: positions && graph.labelSets,
    splits: positions ? graph.splits : [],
    positions,
    edges: positions && !isStored(graph) ? drawingEdges(graph) : null,
    nodeIds: positions && graph.nodeIds,
    featureNames: graph.featureNames,
    featureless: !isStored(graph) && isIdentity(graph.features),
    diskBytes: isStored(graph) ? manifestBytes(graph.manifest) : null,
    layout: isStored(graph) ? null : npzLayout(graph),
    notes: graph.notes,
  };
}
