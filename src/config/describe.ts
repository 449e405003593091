import { describeRange } from './parse.ts';
import { PRESET_NAMES, PRESETS } from './presets.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, type ConfigValue, DEFAULTS, entryOf } from './schema.ts';

/** The schema in words: the README's reference, the text of `edgewise help config`, the "what changed" column. */

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

/** The reference of all keys and presets as two Markdown tables. */
export function referenceMarkdown(): string {
  const keys = CONFIG_KEYS.map((key) => {
    const entry = entryOf(key);
    return `| \`${key}\` | ${range(key)} | \`${formatValue(key, DEFAULTS[key])}\` | ${entry.live ? 'yes' : ''} | ${entry.help} |`;
  });
  const presets = PRESET_NAMES.map((name) => {
    const values = diffConfigs(DEFAULTS, { ...DEFAULTS, ...PRESETS[name].values }).map(
      ({ key, after }) => `\`${key}=${formatValue(key, after)}\``,
    );
    return `| \`${name}\` | ${values.join(' ') || 'none'} | ${PRESETS[name].help} |`;
  });
  return [
    '| key | accepts | default | live | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...keys,
    '',
    '| preset | differs from the defaults in | meaning |',
    '| --- | --- | --- |',
    ...presets,
    '',
  ].join('\n');
}

/** The range for a table cell: without the example, with bytes in words. */
function range(key: ConfigKey): string {
  const entry = entryOf(key);
  if (entry.type === 'integers')
    return `${entry.mayBeEmpty ? 'none, or ' : ''}integers from ${entry.min}, separated by commas`;
  if (entry.unit === 'bytes' && (entry.type === 'integer' || entry.type === 'number')) {
    return `bytes from ${formatValue(key, entry.min)} to ${formatValue(key, entry.max)}`;
  }
  if (key === 'training.seed') return 'an integer from 0 to 2^53 − 1';
  return describeRange(key);
}
