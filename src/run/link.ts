import { differences, formatValue } from '../config/describe.ts';
import { InputError } from '../config/errors.ts';
import { nearest, parseValue, quote } from '../config/parse.ts';
import { PRESET_NAMES, PRESETS, type PresetName } from '../config/presets.ts';
import { resolveConfig } from '../config/resolve.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, type ConfigValue, DEFAULTS, isConfigKey } from '../config/schema.ts';
import type { BenchResult } from './benchResult.ts';
import { isDataUrl, parseDataUrl } from './dataUrl.ts';
import { isCatalogueId, shortHash } from './linkNames.ts';
import type { SharedRun } from './sharedRun.ts';

/**
 * The hash of the page's address. Readable, always in the address bar: what to run, as differences from a preset,
 * `#data=debian-small&preset=debian-gcn&training.lr=0.05`. Sealed: a run with its result and its device, `#run=…`, made by "share"; or
 * the result of a benchmark, `#bench=…`. The first two may name a public file in place of a dataset, `data=https://…`. And `#lesson=…`
 * opens a lesson. A hash may be anybody's; every error is one sentence, and nothing of a refused link is used.
 */

/** What the address bar says. */
export interface LinkState {
  readonly dataset: LinkDataset;
  readonly preset: PresetName;
  readonly config: Config;
}

/** The address bar names one of the first two, the first if there is one; both are null where it names no graph by them. */
export interface LinkDataset {
  readonly catalogueId: string | null;
  /** The first 64 bits of the fingerprint of somebody's own graph, whose name a link never tells. */
  readonly fingerprint: string | null;
  /** Where the graph is to be had, as `parseDataUrl` gives it. The fingerprint, if there is one, says which graph that was. */
  readonly url?: string | null;
}

export type Link =
  | { readonly kind: 'empty' }
  | { readonly kind: 'config'; readonly state: LinkState }
  | { readonly kind: 'run'; readonly shared: SharedRun; readonly url: string | null }
  /** Opens one of the page's lessons; the page knows which there are. */
  | { readonly kind: 'lesson'; readonly lesson: string }
  | { readonly kind: 'bench'; readonly result: BenchResult };

/** Some programs cut longer addresses, or show them as text. */
export const MAX_LINK = 2000;

/** Characters of a link that are left to `https://host/path/`. */
export const ADDRESS_LENGTH = 200;

export const SEALED = 'run=';
const LESSON = 'lesson=';
export const SEALED_BENCH = 'bench=';
const WHERE = 'this link';

/** `#…` for the address bar: the dataset, the preset, and what differs from it in the schema's order. */
export function encodeHash({ dataset, preset, config }: LinkState): string {
  const parts: string[] = [];
  const fingerprint = dataset.fingerprint === null ? null : shortHash(dataset.fingerprint);
  if (dataset.catalogueId !== null) parts.push(`data=${checkId(dataset.catalogueId)}`);
  else {
    if (dataset.url) parts.push(urlPart(dataset.url));
    if (fingerprint) parts.push(`graph=${fingerprint}`);
  }
  parts.push(`preset=${preset}`);
  const changed = differences(config, { ...DEFAULTS, ...PRESETS[preset].values });
  for (const key of CONFIG_KEYS) {
    const value = changed[key];
    // A comma may stand as it is in a hash (RFC 3986, section 3.5), and lists are read by people.
    if (value !== undefined) {
      parts.push(`${key}=${encodeURIComponent(formatValue(key, value)).replaceAll('%2C', ',')}`);
    }
  }
  return `#${parts.join('&')}`;
}

/** What the hash of an address says, with or without its `#`. @throws InputError */
export async function decodeHash(hash: string): Promise<Link> {
  const text = hash.startsWith('#') ? hash.slice(1) : hash;
  if (text === '') return { kind: 'empty' };
  if (text.startsWith(SEALED)) {
    // Few visits begin with a run: its codec is loaded by those.
    const { decodeRun } = await import('./sealedRun.ts');
    const [sealed, part, ...more] = text.slice(SEALED.length).split('&');
    if (more.length > 0 || !(part ?? 'data=').startsWith('data=')) {
      throw new InputError(
        `${WHERE} is damaged (behind a run only the address of its graph can stand): copy it again.`,
      );
    }
    const url = part === undefined ? null : parseDataUrl(unescaped(part.slice('data='.length)), WHERE);
    return { kind: 'run', shared: await decodeRun(sealed), url };
  }
  if (text.startsWith(LESSON)) return { kind: 'lesson', lesson: lessonFrom(text.slice(LESSON.length)) };
  if (text.startsWith(SEALED_BENCH)) {
    const { decodeBench } = await import('./benchLink.ts');
    return { kind: 'bench', result: await decodeBench(text.slice(SEALED_BENCH.length)) };
  }
  return { kind: 'config', state: stateFrom(text) };
}

function lessonFrom(id: string): string {
  if (/^[a-z-]{1,40}$/.test(id)) return id;
  throw new InputError(`${WHERE}: lesson cannot be ${quote(id)}: it must be a name such as over-smoothing.`);
}

function stateFrom(text: string): LinkState {
  if (text.length > MAX_LINK) {
    throw new InputError(`${WHERE} has more than ${MAX_LINK} characters, which no configuration needs: copy it again.`);
  }
  const parts = new Map<string, string>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 1) throw new InputError(`${WHERE}: ${quote(part)} must be key=value, such as training.lr=0.01.`);
    const key = unescaped(part.slice(0, equals));
    if (parts.has(key)) throw new InputError(`${WHERE}: ${quote(key)} stands there twice; remove one of them.`);
    parts.set(key, unescaped(part.slice(equals + 1)));
  }
  const take = (key: string): string | null => {
    const value = parts.get(key) ?? null;
    parts.delete(key);
    return value;
  };
  const data = take('data');
  const url = data !== null && isDataUrl(data) ? parseDataUrl(data, WHERE) : null;
  const dataset: LinkDataset = {
    catalogueId: url === null ? data : null,
    fingerprint: take('graph'),
    ...(url === null ? {} : { url }),
  };
  checkDataset(dataset);
  const preset = take('preset');
  const file = Object.fromEntries(Array.from(parts, setting));
  // As on the command line: the preset asked for, else the one recommended for this model on this dataset.
  const resolved = resolveConfig({ preset: checkPreset(preset), dataset: dataset.catalogueId, file });
  return { dataset, preset: resolved.preset, config: resolved.config };
}

/** A public file, as both forms of a link name it: left readable but for what means something here (RFC 3986, section 3.5). */
export function urlPart(url: string): string {
  return `data=${url.replace(/[%&#]/g, encodeURIComponent)}`;
}

function checkDataset({ catalogueId, fingerprint }: LinkDataset): void {
  if (catalogueId !== null) checkId(catalogueId);
  if (fingerprint === null) return;
  if (catalogueId !== null) throw new InputError(`${WHERE}: data and graph cannot both be there; remove one of them.`);
  if (!/^[0-9a-f]{16}$/.test(fingerprint)) {
    throw new InputError(
      `${WHERE}: graph cannot be ${quote(fingerprint)}: it must be 16 digits of 0-9 and a-f, so copy it again.`,
    );
  }
}

export function checkId(id: string): string {
  if (isCatalogueId(id)) return id;
  throw new InputError(
    `${WHERE}: data cannot be ${quote(id)}: it must be the name of a dataset, such as debian-small.`,
  );
}

function checkPreset(name: string | null): PresetName | undefined {
  if (name === null) return undefined;
  const preset = PRESET_NAMES.find((known) => known === name);
  if (preset) return preset;
  const near = nearest(name, PRESET_NAMES);
  const advice = near ? `did you mean ${near}?` : `the presets are ${PRESET_NAMES.join(', ')}.`;
  throw new InputError(`${WHERE}: unknown preset ${quote(name)}: ${advice}`);
}

function setting([name, text]: readonly [string, string]): [ConfigKey, ConfigValue] {
  if (isConfigKey(name)) return [name, parseValue(name, text, WHERE)];
  const byLastPart = CONFIG_KEYS.find((key) => key.endsWith(`.${name}`));
  const near = byLastPart ?? nearest(name, ['data', 'graph', 'preset', ...CONFIG_KEYS]);
  throw new InputError(`${WHERE}: unknown key ${quote(name)}: ${near ? `did you mean ${near}?` : 'remove it.'}`);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InputError(`${WHERE}: ${quote(text)} has a % that stands for no character; copy it again.`);
  }
}
