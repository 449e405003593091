/**
 * The two ways to fail that a person can act on. The message is one sentence that says what is wrong, where, and what to
 * do; the command line prints it behind `edgewise: `, the page shows it as it is.
 */

/** Something that came from outside (a file, a key, a value, a link, a budget) cannot be used. Exit status 2. */
export class InputError extends Error {
  override readonly name = 'InputError';

  /** What a message quotes may be hostile: what moves a cursor or turns the direction of text becomes U+FFFD. */
  constructor(message: string) {
    super(message.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd'));
  }
}

/** The device refused or vanished (no adapter, failed allocation, lost device). Exit status 1. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

/** The device has not the memory that was asked for; with less of it the same can be tried again. */
export class AllocationError extends DeviceError {}

/** The device went away while it was used; on a new one the same can be tried again. */
export class DeviceLostError extends DeviceError {}

/** What a driver says, cut to what fits into a sentence. */
export function firstLine(message: string): string {
  const [line] = message.trim().split('\n');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}
