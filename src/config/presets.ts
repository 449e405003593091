import { InputError } from './errors.ts';
import { nearest, quote } from './parse.ts';
import type { Config } from './schema.ts';

/** A named protocol: the keys in which it differs from the defaults, and where it comes from. */
export interface Preset {
  readonly help: string;
  readonly values: Partial<Config>;
}

/**
 * Kipf and Welling, "Semi-supervised classification with graph convolutional networks", ICLR 2017, section 5.2 and their
 * code: everything is written out, so that a changed default cannot change the protocol.
 */
const PLANETOID = {
  'model.layers': 2,
  'model.hidden': 16,
  'model.dropout': 0.5,
  'model.inputDropout': true,
  'data.normalizeFeatures': true,
  'training.epochs': 200,
  'training.lr': 0.01,
  'training.weightDecay': 0.0005,
  'training.decayOn': 'first',
  'training.optimizer': 'adam',
  'sampling.strategy': 'full',
  'evaluation.strategy': 'full',
} as const satisfies Partial<Config>;

/** The package graph has 250 times as many labelled nodes as Cora: it wants width, large steps and no weight decay. */
const DEBIAN = {
  ...PLANETOID,
  'model.hidden': 64,
  'data.normalizeFeatures': false,
  'training.lr': 0.02,
  'training.weightDecay': 0,
} as const satisfies Partial<Config>;

export const PRESETS = {
  gcn: {
    help: 'What a GCN gets when nothing else is asked for: the protocol of planetoid-gcn.',
    values: { ...PLANETOID, 'model.kind': 'gcn' },
  },
  mlp: {
    help: 'The same protocol without the graph.',
    values: { ...PLANETOID, 'model.kind': 'mlp' },
  },
  'planetoid-gcn': {
    help: 'Kipf and Welling on the citation graphs: 2 layers, 16 hidden, dropout 0.5, weight decay on the first layer, 200 epochs.',
    values: { ...PLANETOID, 'model.kind': 'gcn' },
  },
  'debian-gcn': {
    help: 'The Debian package graphs: 64 hidden, learning rate 0.02, no weight decay, words as they are.',
    values: { ...DEBIAN, 'model.kind': 'gcn' },
  },
  'debian-mlp': {
    help: 'The same protocol without the graph.',
    values: { ...DEBIAN, 'model.kind': 'mlp' },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/**
 * The family of protocols that suits a dataset of the catalogue. The family and the model's kind make the name of the
 * recommended preset, `family-kind`; where there is none of that name, the kind's own preset is it.
 */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['debian', 'debian'],
  ['debian-small', 'debian'],
  ['cora', 'planetoid'],
  ['citeseer', 'planetoid'],
  ['pubmed', 'planetoid'],
]);

/** The preset recommended for a model kind on a dataset (a catalogue id, or null for any other graph). */
export function recommendedPreset(kind: Config['model.kind'], dataset: string | null): PresetName {
  const family = dataset === null ? undefined : FAMILIES.get(dataset);
  const name = `${family}-${kind}`;
  return isPreset(name) ? name : kind;
}

/** The preset called `name`, or an InputError that suggests the nearest one. */
export function parsePreset(name: string): PresetName {
  if (isPreset(name)) return name;
  const near = nearest(name, PRESET_NAMES);
  const advice = near ? `did you mean ${near}?` : `the presets are ${PRESET_NAMES.join(', ')}.`;
  throw new InputError(`--preset: unknown preset ${quote(name)}: ${advice}`);
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(PRESETS, name);
}
