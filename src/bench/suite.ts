import type { Graph } from '../graph/graph.ts';
import type { DeviceInfo } from '../run/record.ts';
import type { Backend } from '../train/session.ts';
import type { Interval } from './stats.ts';

/** What every suite takes and gives. A suite knows no files: whoever starts it opens datasets and devices. */
export interface BenchContext {
  /** WebGPU where there is an adapter, always the CPU. */
  readonly backends: readonly Backend[];
  readonly seeds: number;
  /** A dataset by its catalogue id. */
  graph(id: string): Promise<Graph>;
  progress(text: string): void;
}

export interface BenchRow extends Interval {
  readonly name: string;
  readonly unit: string;
  readonly mean?: number;
  readonly std?: number;
}

export interface BenchResult {
  readonly bench: string;
  /** The adapter, or the CPU where no row ran on WebGPU; a row's name says which of the two it ran on. */
  readonly device: DeviceInfo;
  readonly rows: readonly BenchRow[];
  readonly ratios: Readonly<Record<string, number>>;
}

export type Suite = (context: BenchContext) => Promise<Omit<BenchResult, 'bench'>>;
