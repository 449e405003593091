import { type ResolvedConfig, resolveConfig } from '../config/resolve.ts';
import { decodeConfigFile } from '../run/codec.ts';
import type { Invocation } from './args.ts';
import { catalogueId, type DataSource, findData, readOne } from './data.ts';

/** What train and forecast were asked for, checked as far as that goes without reading the graph. */
export interface Prepared extends ResolvedConfig {
  readonly source: DataSource;
}

export function prepare(invocation: Invocation): Prepared {
  const source = findData(invocation.data);
  const { preset, set, seed, split, config: path } = invocation;
  const file = path === undefined ? undefined : decodeConfigFile(new TextDecoder().decode(readOne(path)), path);
  return { source, ...resolveConfig({ preset, dataset: catalogueId(source), file, sets: set, seed, split }) };
}

/** One line about the preset that was taken, and why. */
export function describePreset({ preset, asked, source }: Prepared): string {
  if (asked) return `preset ${preset}`;
  const reason = source.kind === 'catalogue' ? `recommended for ${source.entry.id}` : 'the default';
  return `preset ${preset} (${reason}; --preset takes another)`;
}
