import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { formatValue } from '../config/describe.ts';
import type { Config, ConfigKey } from '../config/schema.ts';
import type { MemoryBytes } from '../run/record.ts';

/**
 * What the command line says, and where. Results go to standard output. Errors, warnings and progress go to standard error,
 * through its descriptor: in the relaunched process (relaunch.ts) it is not 2, which belongs to the driver's chatter.
 */

/** Set by relaunch.ts: the descriptor of the terminal's standard error. */
export const STDERR_VARIABLE = 'EDGEWISE_STDERR_FD';

const ERROR_FD = process.env[STDERR_VARIABLE] === '3' ? 3 : 2;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function warn(line: string): void {
  writeError(`warning: ${oneLine(line)}\n`);
}

/** The one line in which a command fails. */
export function complain(message: string): void {
  writeError(`edgewise: ${oneLine(message)}\n`);
}

function writeError(text: string): void {
  try {
    writeSync(ERROR_FD, text);
  } catch {
    // Nobody reads (EPIPE), or a full pipe would block (EAGAIN): the exit status still tells.
  }
}

function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, ' ').trim());
}

/** Without control characters: a name out of a file must not move the cursor or retitle the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

export interface Progress {
  /** `done` of `total`, and a few words that fit beside the bar. */
  update(done: number, total: number, words: string): void;
  /** Takes the bar off the screen. */
  end(): void;
}

const BAR_WIDTH = 24;
const FRAME_MS = 100;

/** A bar on standard error where that is a terminal; nothing anywhere else. */
export function progressBar(): Progress {
  if (!isatty(ERROR_FD)) return { update: () => {}, end: () => {} };
  let drawn = 0;
  return {
    update(done, total, words) {
      const now = Date.now();
      if (now - drawn < FRAME_MS && done < total) return;
      drawn = now;
      const full = total > 0 ? Math.min(BAR_WIDTH, Math.floor((BAR_WIDTH * done) / total)) : 0;
      // 79 columns: a longer line wraps on the narrowest usual terminal and cannot be taken back.
      const text = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${words}`.slice(0, 79);
      writeError(`\r\x1b[K${text}`);
    },
    end() {
      if (drawn) writeError('\r\x1b[K');
    },
  };
}

/** 1.5 MB: decimal units, three digits. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['bytes', 'kB', 'MB', 'GB', 'TB']);
}

/** 1.5 MFLOP: floating-point operations, as bytes are formatted. */
export function formatFlops(flops: number): string {
  return scaled(flops, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP']);
}

function scaled(amount: number, units: readonly string[]): string {
  let value = amount;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

export function formatMemory({ gpu, host, disk }: MemoryBytes): string {
  return `GPU ${formatBytes(gpu)}, main memory ${formatBytes(host)}, disk ${formatBytes(disk)}`;
}

/** 76.1 % */
export function formatPercent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

/** key=value of a part of a configuration, as `--set` would take them. */
export function formatSettings(config: Partial<Config>): string {
  return Object.entries(config)
    .map(([key, value]) => `${key}=${formatValue(key as ConfigKey, value)}`)
    .join(' ');
}
