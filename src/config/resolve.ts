import { parseAssignment, parseValue } from './parse.ts';
import { PRESETS, type PresetName, parsePreset, recommendedPreset } from './presets.ts';
import { type Config, DEFAULTS } from './schema.ts';

/** Where the parts of a configuration come from, each optional. */
export interface ConfigSources {
  /** `--preset`. */
  readonly preset?: string;
  /** The catalogue id of the dataset, which recommends a preset. */
  readonly dataset?: string | null;
  /** Whether its nodes have several labels, which recommends another one; known when the graph is. */
  readonly multiLabel?: boolean;
  /** The keys of `--config`, already checked by `parseConfig`. */
  readonly file?: Partial<Config>;
  /** `--set`, in order: key=value. */
  readonly sets?: readonly string[];
  /** `--seed` and `--split`: short for `--set training.seed=` and `--set data.split=`. */
  readonly seed?: string;
  readonly split?: string;
}

export interface ResolvedConfig {
  readonly config: Config;
  readonly preset: PresetName;
  /** True where `--preset` named it, false where it was recommended. */
  readonly asked: boolean;
}

/**
 * The configuration of a run. What comes later wins, key by key:
 *
 *   1. the defaults of the schema
 *   2. one preset: the one asked for; otherwise the one recommended for the model kind on this dataset
 *   3. the configuration file
 *   4. the assignments, in the order in which they were given
 *   5. the seed and the split
 *
 * So `model.kind` alone is enough to get a whole protocol, and a run's own file, which holds every key, repeats that run.
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const given: Partial<Config> = Object.assign(
    {},
    sources.file,
    ...(sources.sets ?? []).map(parseAssignment),
    sources.seed === undefined ? {} : { 'training.seed': parseValue('training.seed', sources.seed, '--seed') },
    sources.split === undefined ? {} : { 'data.split': parseValue('data.split', sources.split, '--split') },
  );
  const asked = sources.preset !== undefined;
  const preset = asked
    ? parsePreset(sources.preset)
    : recommendedPreset(given['model.kind'] ?? DEFAULTS['model.kind'], sources.dataset ?? null, sources.multiLabel);
  return { config: { ...DEFAULTS, ...PRESETS[preset].values, ...given }, preset, asked };
}
