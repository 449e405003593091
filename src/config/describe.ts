import { CONFIG_KEYS, type Config, type ConfigKey, type ConfigValue, DEFAULTS, entryOf } from './schema.ts';

/** Configurations in words: the text of `edgewise help config`, the "what changed" column. */

const BYTE_UNITS = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** A value as `parseValue` reads it back: 0.01, true, adam, 15,10, none, 256MiB (a suffix only where it is exact). */
export function formatValue(key: ConfigKey, value: ConfigValue): string {
  if (Array.isArray(value)) return value.join(',') || 'none';
  if (entryOf(key).unit === 'bytes' && typeof value === 'number' && value > 0) {
    const unit = BYTE_UNITS.find(([, size]) => value % size === 0);
    if (unit) return `${value / unit[1]}${unit[0]}`;
  }
  return String(value);
}

export interface ConfigChange {
  readonly key: ConfigKey;
  readonly before: ConfigValue;
  readonly after: ConfigValue;
}

/** The keys in which two configurations differ, in the table's order. */
export function diffConfigs(before: Config, after: Config): ConfigChange[] {
  return CONFIG_KEYS.filter((key) => !sameValue(before[key], after[key])).map((key) => ({
    key,
    before: before[key],
    after: after[key],
  }));
}

/** The part of `config` that differs from `base` (the defaults, or a preset on them): what a link stores. */
export function differences(config: Config, base: Config = DEFAULTS): Partial<Config> {
  return Object.fromEntries(diffConfigs(base, config).map(({ key, after }) => [key, after]));
}

export function sameValue(a: ConfigValue, b: ConfigValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => x === b[i]);
  return Object.is(a, b);
}
