import { COMPUTE } from './computeEntries.ts';
import type { Entry } from './entry.ts';
import { MEMORY } from './memoryEntries.ts';
import { MODEL } from './modelEntries.ts';
import { TRAINING } from './trainingEntries.ts';

export type { BooleanEntry, Entry, EnumEntry, Group, IntegersEntry, NumberEntry } from './entry.ts';

/**
 * Every hyperparameter, once. From this table come the type of a configuration, the validation of whatever arrives from
 * outside, the command line's `--set`, the page's controls and the reference in the README. A new hyperparameter is one
 * entry here. (TensorFlow Playground's `State.PROPS` is the ancestor of the idea.)
 *
 * A configuration is one flat object; its keys are dotted, `group.name`.
 */

export const SCHEMA = { ...MODEL, ...TRAINING, ...MEMORY, ...COMPUTE };

export type ConfigKey = keyof typeof SCHEMA;

type ValueOf<E> = E extends { readonly type: 'enum'; readonly values: readonly (infer V)[] }
  ? V
  : E extends { readonly type: 'integers' }
    ? readonly number[]
    : E extends { readonly type: 'boolean' }
      ? boolean
      : number;

/** A whole configuration: the value of every key. */
export type Config = { readonly [K in ConfigKey]: ValueOf<(typeof SCHEMA)[K]> };

/** The value of any key. */
export type ConfigValue = Config[ConfigKey];

/** The keys in the table's order. */
export const CONFIG_KEYS = Object.keys(SCHEMA) as readonly ConfigKey[];

export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(SCHEMA, key);
}

/** The table's line about `key`, as the general type. */
export function entryOf(key: ConfigKey): Entry {
  return SCHEMA[key];
}

/** Every key at its default. */
export const DEFAULTS: Config = Object.freeze(
  Object.fromEntries(CONFIG_KEYS.map((key) => [key, SCHEMA[key].default])),
) as unknown as Config;
