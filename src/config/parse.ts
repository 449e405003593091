import { InputError } from './errors.ts';
import {
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  type ConfigValue,
  type Entry,
  entryOf,
  isConfigKey,
} from './schema.ts';

/**
 * From text and from JSON to checked values. Whatever arrives here is hostile: a link, a file, a flag. Every error is an
 * InputError that names the key (and `where` it stood), the value, and what would be accepted.
 */

const SUFFIXES = new Map([
  ['', 1],
  ['b', 1],
  ['k', 2 ** 10],
  ['kb', 10 ** 3],
  ['kib', 2 ** 10],
  ['m', 2 ** 20],
  ['mb', 10 ** 6],
  ['mib', 2 ** 20],
  ['g', 2 ** 30],
  ['gb', 10 ** 9],
  ['gib', 2 ** 30],
  ['t', 2 ** 40],
  ['tb', 10 ** 12],
  ['tib', 2 ** 40],
]);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The key that `name` is, or an InputError that suggests the nearest one. A unique last part will do: `lr`. */
export function parseKey(name: string, where?: string): ConfigKey {
  if (isConfigKey(name)) return name;
  const byLastPart = CONFIG_KEYS.filter((key) => key.endsWith(`.${name}`));
  const near = byLastPart.length === 1 ? byLastPart[0] : nearest(name, CONFIG_KEYS);
  const advice = near ? `did you mean ${near}?` : 'run edgewise help config for the list of keys.';
  throw new InputError(`${at(where)}unknown key ${quote(name)}: ${advice}`);
}

/** The value of `key` from text as a flag or a form field holds it: 0.01, true, adam, 15,10, 512MB. */
export function parseValue<K extends ConfigKey>(key: K, text: string, where?: string): Config[K] {
  const entry = entryOf(key);
  const trimmed = text.trim();
  const value = fromText(entry, trimmed);
  if (value === undefined) throw refuse(key, entry, trimmed, where);
  return checkValue(key, value, where, trimmed);
}

/** `value` as the value of `key`, or an InputError. `shown` is what the message quotes instead of the value. */
export function checkValue<K extends ConfigKey>(key: K, value: unknown, where?: string, shown?: string): Config[K] {
  const entry = entryOf(key);
  if (!accepts(entry, value)) throw refuse(key, entry, shown ?? display(value), where);
  return (Array.isArray(value) ? Object.freeze([...value]) : value) as Config[K];
}

/** A flat object of dotted keys, as a file or a link carries it; keys may be missing. `where` names its origin. */
export function parseConfig(record: unknown, where?: string): Partial<Config> {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new InputError(
      `${at(where)}a configuration must be an object such as {"model.kind": "gcn"}, not ${display(record)}.`,
    );
  }
  const config: Partial<Record<ConfigKey, ConfigValue>> = {};
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isConfigKey(name)) {
      throw new InputError(
        `${at(where)}${quote(name)} holds an object: write its entries as dotted keys, such as "model.kind".`,
      );
    }
    const key = parseKey(name, where);
    config[key] = checkValue(key, value, where);
  }
  return config as Partial<Config>;
}

/** `key=value` as `--set` takes it. */
export function parseAssignment(text: string): Partial<Config> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InputError(`--set ${quote(text)}: write key=value, such as training.lr=0.01.`);
  const key = parseKey(text.slice(0, equals).trim(), '--set');
  return { [key]: parseValue(key, text.slice(equals + 1), '--set') };
}

/** What `key` accepts, in words: "a number from 0 to 0.99". */
export function describeRange(key: ConfigKey): string {
  const entry = entryOf(key);
  switch (entry.type) {
    case 'boolean':
      return 'true or false';
    case 'enum':
      return entry.values.length === 2 ? entry.values.join(' or ') : `one of ${entry.values.join(', ')}`;
    case 'integers':
      return entry.mayBeEmpty
        ? `none, or up to ${entry.maxLength} integers from ${entry.min} to ${entry.max}`
        : `1 to ${entry.maxLength} integers from ${entry.min} to ${entry.max}, such as ${entry.default.join(',')}`;
    default: {
      const noun = entry.type === 'integer' ? 'an integer' : 'a number';
      const bytes = entry.unit === 'bytes' ? ' bytes, such as 512MB or 2GiB' : '';
      return `${noun} from ${entry.min} to ${entry.max}${bytes}`;
    }
  }
}

/** The word of `words` with the fewest edits to `name`, if that is a plausible slip; undefined otherwise. */
export function nearest<T extends string>(name: string, words: readonly T[]): T | undefined {
  // The edit distance is quadratic: a megabyte of text is no slip of the finger.
  if (name.length > 100) return undefined;
  let best: T | undefined;
  let fewest = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const word of words) {
    const edits = editDistance(name.toLowerCase(), word.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = word;
    }
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

function fromText(entry: Entry, text: string): unknown {
  switch (entry.type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'enum':
      return text;
    case 'integers': {
      // The longest list that is accepted bounds the work before the text is taken apart.
      if (text.length > entry.maxLength * 24) return undefined;
      if (entry.mayBeEmpty && /^(none|\[?\]?)$/.test(text)) return [];
      const parts = text.replace(/^\[(.*)\]$/, '$1').split(',');
      const numbers = parts.map((part) => (NUMBER.test(part.trim()) ? Number(part) : Number.NaN));
      return numbers;
    }
    default:
      if (entry.unit === 'bytes') return bytesFromText(text);
      return NUMBER.test(text) ? Number(text) : undefined;
  }
}

function bytesFromText(text: string): number | undefined {
  const match = /^([\d.]+(?:e\+?\d+)?)\s*([a-z]*)$/i.exec(text);
  const factor = match && SUFFIXES.get(match[2].toLowerCase());
  if (!match || factor === undefined || !factor || !NUMBER.test(match[1])) return undefined;
  return Math.round(Number(match[1]) * factor);
}

function accepts(entry: Entry, value: unknown): boolean {
  const inRange = (x: unknown, min: number, max: number): x is number => typeof x === 'number' && x >= min && x <= max;
  switch (entry.type) {
    case 'boolean':
      return typeof value === 'boolean';
    case 'enum':
      return typeof value === 'string' && entry.values.includes(value);
    case 'integer':
      return inRange(value, entry.min, entry.max) && Number.isSafeInteger(value);
    case 'number':
      return inRange(value, entry.min, entry.max);
    case 'integers':
      return (
        Array.isArray(value) &&
        value.length >= (entry.mayBeEmpty ? 0 : 1) &&
        value.length <= entry.maxLength &&
        value.every((x) => inRange(x, entry.min, entry.max) && Number.isSafeInteger(x))
      );
  }
}

function refuse(key: ConfigKey, entry: Entry, shown: string, where?: string): InputError {
  const near = entry.type === 'enum' ? nearest(shown, entry.values) : undefined;
  const advice = near ? ` (did you mean ${near}?)` : '';
  return new InputError(`${at(where)}${key} cannot be ${quote(shown)}: it must be ${describeRange(key)}${advice}.`);
}

function at(where: string | undefined): string {
  return where === undefined ? '' : `${where}: `;
}

/** At most 60 characters of a hostile text on one line. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return JSON.stringify(short);
}

function display(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value.slice(0, 20).every((x) => typeof x === 'number') ? value.slice(0, 20).join(',') : 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
