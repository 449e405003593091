/** What the page is told of the models of finished runs that this browser keeps: plain data, as in protocol.ts. */

export interface KeptModel {
  /** Of its run. */
  readonly slot: string;
  /** On disk. */
  readonly bytes: number;
}

/** The most that all of them take; beyond that the oldest goes first. */
export const MODELS_BYTES = 128e6;

/** What their keys begin with. */
export const MODELS = 'models/';
