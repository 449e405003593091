import { diffConfigs, formatValue } from './describe.ts';
import { describeRange } from './parse.ts';
import { PRESET_NAMES, PRESETS } from './presets.ts';
import { CONFIG_KEYS, type ConfigKey, DEFAULTS, entryOf } from './schema.ts';

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
