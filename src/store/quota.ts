import { InputError } from '../config/errors.ts';

/** Storage that is full is something a person can act on: a sentence for them. */

export function isFull(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError';
}

/** @param bytes that did not fit */
export async function fullStorage(bytes: number): Promise<InputError> {
  // The quota that estimate() names is not the truth (Chromium: usage + 10 GiB); the usage is.
  const usage = await globalThis.navigator?.storage?.estimate().then(
    (estimate) => estimate.usage,
    () => undefined,
  );
  const kept = usage === undefined ? '' : ` beside the ${megabytes(usage)} stored`;
  return new InputError(
    `The browser's storage is full, ${megabytes(bytes)} more do not fit${kept}: delete a graph, then try again.`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

export function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}
