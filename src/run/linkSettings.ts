import { formatValue } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { parseValue } from '../config/parse.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, type ConfigValue, DEFAULTS, entryOf } from '../config/schema.ts';
import type { ByteReader, ByteWriter } from './linkBytes.ts';
import type { RunEvent, RunRecord } from './record.ts';

/**
 * The settings inside a sealed link: all of them but those that say where things lie here, not the differences from a preset, because the presets and defaults of
 * the Edgewise that opens it may be others. Values are texts as in the address bar, so one parser checks both; deflate
 * makes the difference in size small. Fitted keys and events name a key by its place in the configuration before them.
 */

type Settings = Pick<RunRecord, 'config' | 'fitted' | 'events'>;

/** Longest text of a value: 64 integers of 7 digits and their commas. */
const VALUE_LENGTH = 600;

/** The keys that a link carries. */
const LINK_KEYS = CONFIG_KEYS.filter((key) => !entryOf(key).local);

/** 16 bits of FNV-1a: two bytes for a key that stay the same when the schema is reordered or grows; a test finds doubles. */
export function keyId(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & 0xffff;
}

export function writeSettings(writer: ByteWriter, { config, fitted, events }: Settings): void {
  const place = (key: ConfigKey, value: ConfigValue) => {
    writer.count(LINK_KEYS.indexOf(key));
    writer.text(formatValue(key, value));
  };
  writer.count(LINK_KEYS.length);
  for (const key of LINK_KEYS) {
    const id = keyId(key);
    writer.byte(id >>> 8);
    writer.byte(id);
    writer.text(formatValue(key, config[key]));
  }
  const fittedKeys = LINK_KEYS.filter((key) => fitted[key] !== undefined);
  writer.count(fittedKeys.length);
  for (const key of fittedKeys) place(key, fitted[key]!);
  writer.count(events.length);
  let before = 0;
  for (const { step, key, value } of events) {
    writer.count(step - before);
    place(key, value);
    before = step;
  }
}

/** @throws InputError where a key is unknown, stands twice, or cannot have its value */
export function readSettings(reader: ByteReader): Settings {
  const keys: ConfigKey[] = [];
  const value = (key: ConfigKey): ConfigValue =>
    parseValue(key, reader.text(`the value of ${key}`, VALUE_LENGTH), 'this link');
  const placed = (): [ConfigKey, ConfigValue] => {
    const key = keys[reader.count('a setting', keys.length - 1)];
    return [key, value(key)];
  };

  const config = settings(reader, reader.count('the number of settings'), () => {
    const key = keyOf(reader);
    keys.push(key);
    return [key, value(key)];
  });
  const fitted = settings(reader, reader.count('the number of fitted settings'), placed);

  const events: RunEvent[] = [];
  let step = 0;
  for (let left = reader.count('the number of changes by hand'); left > 0; left--) {
    step += reader.count('the step of a change', Number.MAX_SAFE_INTEGER - step);
    const [key, changed] = placed();
    if (!entryOf(key).live) throw reader.wrong(`a change of ${key} during the run`);
    events.push({ step, key, value: changed });
  }
  return { config: { ...DEFAULTS, ...config }, fitted, events };
}

/** `length` may be any number: a payload that ends before it is refused by the next read. */
function settings(reader: ByteReader, length: number, next: () => [ConfigKey, ConfigValue]): Partial<Config> {
  const values = new Map<ConfigKey, ConfigValue>();
  for (let i = 0; i < length; i++) {
    const [key, value] = next();
    if (values.has(key)) throw reader.wrong(`${key}, set twice,`);
    values.set(key, value);
  }
  return Object.fromEntries(values);
}

function keyOf(reader: ByteReader): ConfigKey {
  const id = reader.byte('a setting') * 256 + reader.byte('a setting');
  const key = CONFIG_KEYS.find((known) => keyId(known) === id);
  if (key) return key;
  throw new InputError(
    'this link has a setting that this Edgewise does not know: reload the page to get the newest version.',
  );
}
