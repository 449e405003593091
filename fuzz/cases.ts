/** What is damaged, and what reads it: each format in its wrappings, and what Edgewise itself keeps and passes on. */
import { FORMAT_CASES } from './formatCases.ts';
import { RUN_CASES } from './runCases.ts';
import { STORE_CASES } from './storeCases.ts';

export interface FuzzInput {
  readonly bytes: Uint8Array;
  /** Throws an InputError for what it refuses, and any other error where what it read is not valid. */
  readonly read: (damaged: Uint8Array) => unknown;
}

export interface FuzzCase {
  readonly name: string;
  /** What every refusal must name. */
  readonly names: RegExp;
  /** Files of other programs, in words. */
  readonly source: string;
  /** Share of the mutants asked for, where reading one takes long; else 1. */
  readonly share?: number;
  /** Null where the real files are not there. */
  readonly inputs: () => FuzzInput[] | null | Promise<FuzzInput[] | null>;
}

export const CASES: readonly FuzzCase[] = [...FORMAT_CASES, ...STORE_CASES, ...RUN_CASES];
