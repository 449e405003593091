import type { Graph } from '../graph/graph.ts';
import type { BenchResult } from '../run/benchResult.ts';
import type { DeviceInfo } from '../run/record.ts';
import type { Backend } from '../train/session.ts';
import type { Interval } from './stats.ts';

/** What every suite takes and gives. A suite knows no files: whoever starts it opens datasets and devices. */
export interface BenchContext {
  /** WebGPU where there is an adapter, always the CPU. */
  readonly backends: readonly Backend[];
  readonly seeds: number;
  /** A part of the names of the rows that are wanted; all where it is left out. */
  readonly only?: string;
  /** How often suites that repeat whole runs do so; each has a number of its own where this is left out. */
  readonly repetitions?: number;
  readonly asked: Asked;
  /** Small sizes, to see that a suite works. */
  readonly quick?: boolean;
  /** A dataset by its catalogue id or its path. */
  graph(id: string): Promise<Graph>;
  /** The catalogue's name of what `id` means; null, as where this is left out, for anything else. */
  catalogueId?(id: string): string | null;
  progress(text: string): void;
}

/** The run that the command line asks for, where a suite takes any: `--data`, `--preset`, `--set`. */
export interface Asked {
  readonly data?: string;
  readonly preset?: string;
  readonly sets: readonly string[];
}

export interface BenchRow extends Interval {
  readonly name: string;
  readonly unit: string;
  readonly mean?: number;
  readonly std?: number;
}

export interface SuiteReport {
  readonly bench: string;
  /** The adapter, or the CPU where no row ran on WebGPU; a row's name says which of the two it ran on. */
  readonly device: DeviceInfo;
  readonly rows: readonly BenchRow[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals?: readonly Goal[];
  readonly tables?: readonly Table[];
  /** Of a suite that the page runs too: what it opens, one for each device. */
  readonly results?: readonly BenchResult[];
  /** What was left out, and why: one line each. */
  readonly notes?: readonly string[];
}

/** Told, never asserted: a machine that is busy with something else proves nothing. */
export interface Goal {
  readonly name: string;
  readonly unit: string;
  /** One of the two. */
  readonly most?: number;
  readonly least?: number;
  readonly value: number;
  /** Null where the goal is not for this device. */
  readonly met: boolean | null;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export type Suite = (context: BenchContext) => Promise<Omit<SuiteReport, 'bench'>>;
