/** What main.ts and the thread that it watches tell each other. */

export interface Task {
  readonly name: string;
  readonly firstSeed: number;
  readonly count: number;
  /** Counts by PROGRESS, which outlive a thread that hangs. */
  readonly progress: Int32Array<SharedArrayBuffer>;
}

export const PROGRESS = { begun: 0, answer: 1, refusal: 2, finding: 3 } as const;

export type Report =
  | { readonly kind: 'inputs'; readonly count: number }
  | { readonly kind: 'finding'; readonly seed: number; readonly text: string }
  | { readonly kind: 'done' };
