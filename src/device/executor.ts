import type { DeviceInfo } from '../run/record.ts';
import type { Step } from '../tensor/op.ts';
import type { Value } from '../tensor/value.ts';
import type { Ledger } from './ledger.ts';
import type { Tiling } from './tiling.ts';
import type { Profile } from './times.ts';

/**
 * What runs a plan: WebGPU or the CPU. Both allocate the planned buffers once, take host data for values, run routines and
 * give values back. All calls are carried out in order.
 */
export interface Executor {
  readonly ledger: Ledger;
  readonly description: DeviceInfo;
  /** Host data of a value, rows × cols without padding; fewer rows than the capacity may be given. */
  write(value: Value, data: HostArray): void;
  /**
   * Queues one run of a routine. Resolves when it is accepted, not when it is done: at most two submits are left in flight,
   * of one long step or of a few short ones each.
   */
  run(routine: string, step: Step): Promise<void>;
  /** Resolves with the time (performance.now()) at which everything queued so far was done. */
  done(): Promise<number>;
  /**
   * The small results as of now, without holding up what is queued after it. At most RESULT_STAGING may be under way.
   */
  results(): Promise<Map<Value, HostArray>>;
  /** Any readable value, as rows × cols without padding. */
  read(value: Value): Promise<HostArray>;
  /** Where kernels at their shapes ran in another tile than the first; absent where kernels have no tiles. */
  tiles?(): Tiling;
  /** Milliseconds that went into trying tiles: runs of routines waited for it. */
  tunedMs?(): number;
  /** Times single dispatches; absent where the device or the plan has no timestamps for it. */
  readonly profile?: Profile;
  destroy(): void;
}

/** Doubles go to and come from the oracle only. */
export type HostArray = Float32Array | Float64Array | Uint32Array;
