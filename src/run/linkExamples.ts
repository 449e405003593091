import { CONFIG_KEYS, type Config, type ConfigKey, type ConfigValue, DEFAULTS, entryOf } from '../config/schema.ts';
import { type EpochRecord, RUN_SCHEMA, type RunRecord } from './record.ts';

/** Runs for the tests of links: made up, repeatable, as large and as odd as they may get. */

export type Random = () => number;

/** Uniform in 0..1 from a seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomHex(random: Random, length: number): string {
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** Any value that the schema accepts. */
export function randomValue(key: ConfigKey, random: Random): ConfigValue {
  const entry = entryOf(key);
  const integer = (min: number, max: number) => min + Math.floor(random() ** 4 * (max - min));
  switch (entry.type) {
    case 'boolean':
      return random() < 0.5;
    case 'enum':
      return entry.values[integer(0, entry.values.length)] as ConfigValue;
    case 'integers':
      return Array.from({ length: (entry.mayBeEmpty ? 0 : 1) + integer(0, 6) }, () =>
        integer(entry.min, entry.max + 1),
      );
    case 'integer':
      return integer(entry.min, entry.max);
    case 'number':
      return entry.min + random() * (entry.max - entry.min);
  }
}

export function randomConfig(random: Random, share: number): Config {
  const changed = CONFIG_KEYS.filter(() => random() < share).map((key) => [key, randomValue(key, random)]);
  return { ...DEFAULTS, ...Object.fromEntries(changed) };
}

/** Curves as a run has them: they fall and rise, with noise of some percent. */
export function noisyEpochs(random: Random, epochs: number): EpochRecord[] {
  return Array.from({ length: epochs }, (_, i) => {
    const rest = Math.exp(-i / 40);
    const noise = () => 1 + 0.08 * (random() - 0.5);
    return {
      epoch: i + 1,
      trainLoss: Math.fround((0.3 + 2.5 * rest) * noise()),
      valLoss: Math.fround((0.6 + 2 * rest) * noise()),
      trainAcc: (1 - 0.9 * rest) * 0.95,
      valAcc: 0.8 * (1 - 0.9 * rest) * noise(),
      testAcc: 0.79 * (1 - 0.9 * rest) * noise(),
      valMetric: 0.8,
      testMetric: 0.79,
      ms: 12,
      sampleMs: 0,
      readMs: 0,
      uploadMs: 1,
      evalMs: 3,
    };
  });
}

export function exampleRun(random: Random, epochs = 50): RunRecord {
  return {
    schema: RUN_SCHEMA,
    engine: '0.1.0',
    kernels: randomHex(random, 64),
    tiles: {},
    config: { ...DEFAULTS, 'training.lr': 0.02, 'model.hidden': 64, 'training.epochs': epochs },
    fitted: { 'sampling.strategy': 'neighbor', 'sampling.fanOut': [10, 5] },
    dataset: {
      name: 'Debian',
      nodes: 8000,
      edges: 25_000,
      features: 500,
      classes: 12,
      fingerprint: randomHex(random, 64),
    },
    device: {
      backend: 'webgpu',
      vendor: 'nvidia',
      architecture: 'ampere',
      description: 'NVIDIA GeForce RTX 3060 Laptop GPU',
      software: false,
    },
    events: [
      { step: 12, key: 'training.lr', value: 0.01 },
      { step: 300, key: 'model.dropout', value: 0.25 },
    ],
    epochs: noisyEpochs(random, epochs),
    result: {
      bestEpoch: Math.ceil(epochs / 2),
      metric: 'accuracy',
      testAcc: 0.8140096618357487,
      testMicroF1: 0.8140096618357487,
      testMacroF1: 0.7532134159870181,
      testWeightedF1: 0.8099372619874523,
      testRocAuc: null,
      confusion: null,
      curveHash: randomHex(random, 64),
    },
    memory: {
      forecast: { gpu: 48_211_968, host: 12_582_912, disk: 0 },
      peak: { gpu: 48_211_968, host: 11_222_333, disk: 1_048_576 },
    },
  };
}
