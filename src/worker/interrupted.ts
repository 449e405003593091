import type { Config } from '../config/schema.ts';
import type { EpochRecord } from '../run/record.ts';

/** What the page is told of runs that were interrupted: plain data, as in protocol.ts. */

/** A run whose tab was closed, or that failed, and that can go on where it was kept last. */
export interface Interrupted {
  /** By which it is resumed or discarded. */
  readonly slot: string;
  /** Milliseconds since 1970, when it was kept. */
  readonly at: number;
  readonly datasetId: string;
  readonly catalogueId: string | null;
  /** Of the graph. */
  readonly name: string;
  /** After which it goes on. */
  readonly epoch: number;
  /** That were asked for, as of then. */
  readonly epochs: number;
  /** As it began. */
  readonly config: Config;
  /** The same with what was changed by hand by then. */
  readonly now: Config;
  /** On disk; null where nobody has counted. */
  readonly bytes: number | null;
  /** Why it cannot go on here, as a sentence; null where it can. */
  readonly problem: string | null;
}

export type ResumeMessage =
  /** A run goes on after these epochs of an earlier visit; their events follow. */
  | { type: 'resumed'; run: number; epochs: readonly EpochRecord[] }
  /** The run goes on, but cannot be kept: why. */
  | { type: 'unkept'; run: number; reason: string };

/** What keys of kept checkpoints begin with. */
export const CHECKPOINTS = 'checkpoints/';
