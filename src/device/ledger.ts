import type { Purpose } from '../tensor/value.ts';

/**
 * The ledger: how many bytes are held, for what, and how many there were at the most. One for the GPU (every buffer), one
 * for the host (the arrays that the engine holds on purpose) and one for the disk; the forecast promises what the ledger will say.
 */
export interface Ledger {
  readonly held: number;
  readonly peak: number;
  readonly byPurpose: Readonly<Record<string, number>>;
  add(purpose: Purpose | HostPurpose, bytes: number): void;
  remove(purpose: Purpose | HostPurpose, bytes: number): void;
}

/** What the host holds: operands that the CPU executor unpacks from half precision, what pages of memory the CPU executor rounds up to, the dataset, the engine's copies, the sampler's tables, the chunk cache, the last checkpoint, logits and classes, rows between the levels of an evaluation, weights that a run leaves, what others hold beside the run. */
export type HostPurpose =
  | 'unpacked'
  | 'pages'
  | 'dataset'
  | 'operators'
  | 'sampler'
  | 'batch'
  | 'cache'
  | 'checkpoint'
  | 'predictions'
  | 'levels'
  | 'weights'
  | 'beside';

export function newLedger(): Ledger {
  const byPurpose: Record<string, number> = {};
  let held = 0;
  let peak = 0;
  return {
    get held() {
      return held;
    },
    get peak() {
      return peak;
    },
    byPurpose,
    add(purpose, bytes) {
      held += bytes;
      peak = Math.max(peak, held);
      byPurpose[purpose] = (byPurpose[purpose] ?? 0) + bytes;
    },
    remove(purpose, bytes) {
      held -= bytes;
      byPurpose[purpose] -= bytes;
    },
  };
}
