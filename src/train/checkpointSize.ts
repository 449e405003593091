import type { Config } from '../config/schema.ts';
import { evaluate } from '../tensor/value.ts';
import { stateOf } from './checkpoint.ts';
import { COLUMNS } from './checkpointFile.ts';
import type { TrainingProgram } from './program.ts';

/** Bytes of a tensor's entry in the header, its name left out: its type, its shape and where it lies. */
const ENTRY_BYTES = 128;
/** Of a change by hand, as it stands in the description. */
const EVENT_BYTES = 128;
/** Of the rest of the description: dataset, device, where the graph was found, earlier interruptions. */
const TEXT_BYTES = 32 * 1024;

/**
 * Bytes of a checkpoint's file at the most, with what the page writes beside it. More epochs and more changes by hand than were asked for
 * make it larger.
 */
export function checkpointFileBytes(training: TrainingProgram, config: Config, events = 0): number {
  const state = stateOf(training);
  const { confusion } = training.totals;
  const sizeOf = ({ rows, cols }: (typeof state)[number]) => 4 * evaluate(rows, {}) * cols;
  const values = state.reduce((sum, value) => sum + sizeOf(value) + value.name.length + ENTRY_BYTES, 0);
  const curve = 8 * COLUMNS.length * config['training.epochs'];
  // As asked for, as planned, and beside the file; quoted twice, because the description is text in JSON.
  const settings = 3 * JSON.stringify(JSON.stringify(config)).length;
  return values + curve + (confusion ? sizeOf(confusion) : 0) + settings + EVENT_BYTES * events + TEXT_BYTES;
}
