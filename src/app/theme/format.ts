/** Numbers as the page writes them. */

const MB = 1e6;

/** `12.4 MB`, `310 kB`, `96 bytes`: decimal units, as graphics cards and download sizes are told. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes >= MB) return `${(bytes / MB).toFixed(bytes < 10 * MB ? 2 : 1)} MB`;
  if (bytes >= 1e3) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return `${bytes} bytes`;
}

/** `toLocaleString` looks for its locale each time, which tables of a thousand numbers feel. */
const COUNTS = new Intl.NumberFormat('en-GB');

/** `12,345,678`. */
export function formatCount(count: number): string {
  return COUNTS.format(count);
}

/** `92.0 %`; a dash where there is no number. */
export function formatPercent(fraction: number): string {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(1)} %` : '–';
}

/** `92 %`: of what is known to less than a tenth of a percent. */
export function formatShare(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** What a device is called: its own description, else vendor and architecture. */
export function deviceName(device: {
  readonly backend: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}): string {
  if (device.backend === 'cpu') return 'CPU executor';
  return device.description || [device.vendor, device.architecture].filter(Boolean).join(' ') || 'a GPU without a name';
}
