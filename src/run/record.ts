import type { Config, ConfigKey, ConfigValue } from '../config/schema.ts';

/**
 * The run record: what a run was asked to do, what happened, and on what. It is what `edgewise train --json` prints, what
 * `run.json` holds, what a link carries a part of, and what a replay starts from. Bytes, milliseconds, fractions 0..1.
 */
export interface RunRecord {
  readonly schema: typeof RUN_SCHEMA;
  /** Version of Edgewise that ran. */
  readonly engine: string;
  /** Hash of the compute pipelines that were chosen; a replay that uses others may differ in the last bits. Empty on the CPU. */
  readonly kernels: string;
  /** Tiles of kernels that autotune found faster than the first, by kernel and shape. */
  readonly tiles: Readonly<Record<string, string>>;
  /** The configuration as it was asked for. What ran is `{...config, ...fitted}`. */
  readonly config: Config;
  /** The keys that the fitter changed to stay inside the memory budget. */
  readonly fitted: Partial<Config>;
  readonly dataset: DatasetInfo;
  readonly device: DeviceInfo;
  /** What was changed by hand while the run went on, in order. */
  readonly events: readonly RunEvent[];
  readonly epochs: readonly EpochRecord[];
  readonly result: RunResult;
  readonly memory: {
    readonly forecast: MemoryBytes;
    readonly peak: MemoryBytes;
    /** How often the device refused a plan that was inside the budget, and a smaller one was made: then the run is not reproducible. */
    readonly refusals?: number;
  };
  /** Where it was interrupted and went on later, in order; absent in a run that went through. */
  readonly resumed?: readonly Interruption[];
}

export interface Interruption {
  /** The last epoch that was kept: the run went on after it. */
  readonly epoch: number;
  /** What it ran on until then. Where that is another device than the record's, the last bits may be others too. */
  readonly device: DeviceInfo;
}

export const RUN_SCHEMA = 2;

export interface DatasetInfo {
  readonly name: string;
  readonly nodes: number;
  /** Unique undirected edges, self-loops that were kept among them. */
  readonly edges: number;
  readonly features: number;
  readonly classes: number;
  /** Where nodes have several classes: then every accuracy of the run is a micro-F1. */
  readonly multiLabel?: boolean;
  /** Hash of what a model can see of the graph: nodes, edges, features, labels. */
  readonly fingerprint: string;
}

export interface DeviceInfo {
  readonly backend: 'webgpu' | 'cpu';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True for an adapter that runs on the processor (lavapipe, SwiftShader) and for the CPU executor: never ranked against a GPU. */
  readonly software: boolean;
}

export interface RunEvent {
  /** Optimiser steps taken before the change. */
  readonly step: number;
  readonly key: ConfigKey;
  readonly value: ConfigValue;
}

/** One epoch, counted from 1, evaluated after its last update. A loss that overflowed is NaN, and null in a file. */
export interface EpochRecord {
  readonly epoch: number;
  /** The loss that was optimised, dropout on. */
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly trainAcc: number;
  readonly valAcc: number;
  readonly testAcc: number;
  /** The figure of task.metric; NaN for a ROC-AUC of nodes that are all of one class. */
  readonly valMetric: number;
  readonly testMetric: number;
  /** Training alone, and of that: drawing samples, waiting for rows of the stored graph, handing data to the device. */
  readonly ms: number;
  readonly sampleMs: number;
  readonly readMs: number;
  readonly uploadMs: number;
  readonly evalMs: number;
}

export interface RunResult {
  /** The best epoch by training.select, the first of equals; the figures below are its. */
  readonly bestEpoch: number;
  /** The value of task.metric, microF1 for the accuracy of a multi-label graph: which of the figures below the run is judged by. */
  readonly metric: string;
  readonly testAcc: number;
  readonly testMicroF1: number;
  readonly testMacroF1: number;
  readonly testWeightedF1: number;
  /** Two classes, or several labels per node where it was asked for; null otherwise. */
  readonly testRocAuc: number | null;
  /** How often test nodes of the class of a row were taken for that of a column; null with more than 64 classes, or several labels. */
  readonly confusion: readonly (readonly number[])[] | null;
  readonly curveHash: string;
}

/** Bytes by place. On the CPU executor `gpu` is 0. */
export interface MemoryBytes {
  readonly gpu: number;
  readonly host: number;
  readonly disk: number;
}

/**
 * The columns of an epoch that the curve hash covers, in its order: what was computed, not how long it took, nor the metric,
 * which follows from the same logits.
 */
export const CURVE_COLUMNS = ['trainLoss', 'valLoss', 'trainAcc', 'valAcc', 'testAcc'] as const;

/**
 * SHA-256, in hexadecimal, of the losses and accuracies of all epochs as little-endian float32, epoch by epoch in the order
 * of CURVE_COLUMNS. Whatever is not finite counts as one NaN, because JSON has none of them.
 */
export async function curveHash(epochs: readonly EpochRecord[]): Promise<string> {
  const bytes = new Uint8Array(epochs.length * CURVE_COLUMNS.length * 4);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const epoch of epochs) {
    for (const column of CURVE_COLUMNS) {
      const value = Math.fround(epoch[column]);
      // An explicit bit pattern: engines differ in which NaN they store.
      if (Number.isFinite(value)) view.setFloat32(at, value, true);
      else view.setUint32(at, 0x7fc00000, true);
      at += 4;
    }
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
