import { resolve } from 'node:path';
import { differences } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { type ConfigSources, type ResolvedConfig, resolveConfig } from '../config/resolve.ts';
import type { GraphOutline } from '../graph/graph.ts';
import { decodeConfigFile, isRecord } from '../run/codec.ts';
import type { RunRecord } from '../run/record.ts';
import type { Invocation } from './args.ts';
import { checkSameSettings, type ReadCheckpoint, readCheckpoint } from './checkpoint.ts';
import { catalogueId, type DataSource, findData, readOne } from './data.ts';

/** What train and forecast were asked for, checked as far as that goes without reading the graph. */
export interface Prepared extends ResolvedConfig {
  readonly source: DataSource;
  /** What `source` is found by, from any folder. */
  readonly data: string;
  /** The run to go on with. */
  readonly resume: ReadCheckpoint | null;
  /** The run that `--config` names. */
  readonly named: RunRecord | null;
  readonly sources: ConfigSources;
}

export function prepare(invocation: Invocation): Prepared {
  const { preset, set, seed, split, config: path } = invocation;
  const resume = invocation.resume === undefined ? null : readCheckpoint(invocation.resume);
  const name = invocation.data ?? resume?.source;
  const source = findData(name);
  if (source.kind === 'url' && invocation.data === undefined) {
    throw new InputError(
      `--resume ${invocation.resume}: its graph was fetched from ${source.url}: name that with --data to fetch it again.`,
    );
  }
  const read = path === undefined ? undefined : decodeConfigFile(new TextDecoder().decode(readOne(path)), path);
  const named = read && isRecord(read) ? read : null;
  const file = read && isRecord(read) ? read.config : read;
  // Whoever names the preset again repeats the whole command.
  const base = resume && preset === undefined ? { ...resume.config, ...file } : file;
  const sources = { preset, dataset: catalogueId(source), file: base, sets: set, seed, split };
  const resolved = resolveConfig(sources);
  if (resume) checkSameSettings(invocation.resume!, resume, resolved.config);
  const data = source.kind === 'path' ? resolve(source.path) : name!;
  return { source, data, resume, named, sources, ...resolved };
}

/** The same when the graph is there: nodes with several labels are recommended a preset of their own. */
export function forGraph(prepared: Prepared, { labelSets }: GraphOutline): Prepared {
  if (!labelSets || prepared.resume) return prepared;
  return { ...prepared, ...resolveConfig({ ...prepared.sources, multiLabel: true }) };
}

/** The run that is repeated: `--config` names it, and nothing else was asked for. */
export function repeated({ named, resume, config }: Prepared): RunRecord | null {
  return named && !resume && Object.keys(differences(config, named.config)).length === 0 ? named : null;
}

/** One line about the preset that was taken, and why. */
export function describePreset({ preset, asked, source, resume }: Prepared): string {
  if (resume) return `going on after epoch ${resume.epochs}`;
  if (asked) return `preset ${preset}`;
  const other = preset.startsWith('labels-') ? 'recommended for several labels' : 'the default';
  const reason = source.kind === 'catalogue' ? `recommended for ${source.entry.id}` : other;
  return `preset ${preset} (${reason}; --preset takes another)`;
}
