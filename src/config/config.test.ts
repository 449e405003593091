import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { diffConfigs, differences, formatValue } from './describe.ts';
import { InputError } from './errors.ts';
import { checkValue, parseAssignment, parseConfig, parseKey, parseValue } from './parse.ts';
import { PRESET_NAMES, PRESETS, recommendedPreset } from './presets.ts';
import { referenceMarkdown } from './reference.ts';
import { resolveConfig } from './resolve.ts';
import { CONFIG_KEYS, type Config, DEFAULTS, entryOf, SCHEMA } from './schema.ts';

/** The message of the InputError that `run` throws; fails when it throws nothing or anything else. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message } = error as InputError;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('nothing was refused');
}

describe('the schema', () => {
  it('gives every key the type of its entry', () => {
    expectTypeOf<Config['model.kind']>().toEqualTypeOf<
      'gcn' | 'sage' | 'gin' | 'gat' | 'gatv2' | 'appnp' | 'sgc' | 'gcn2' | 'mlp'
    >();
    expectTypeOf<Config['training.lr']>().toEqualTypeOf<number>();
    expectTypeOf<Config['data.normalizeFeatures']>().toEqualTypeOf<boolean>();
    expectTypeOf<Config['sampling.fanOut']>().toEqualTypeOf<readonly number[]>();
    // @ts-expect-error: no such key
    DEFAULTS['model.knid'];
  });

  it.each(CONFIG_KEYS)('%s: the default is valid, and text gives every value back', (key) => {
    const value = DEFAULTS[key];
    expect(checkValue(key, value)).toEqual(value);
    expect(parseValue(key, formatValue(key, value))).toEqual(value);
    expect(key.startsWith(`${entryOf(key).group}.`)).toBe(true);
    expect(entryOf(key).help).toMatch(/^[A-Z].*\.$/);
  });

  it.each(PRESET_NAMES)('preset %s holds valid values', (name) => {
    expect(parseConfig(PRESETS[name].values)).toEqual(PRESETS[name].values);
  });
});

describe('parseValue', () => {
  it('reads bytes with decimal and binary suffixes', () => {
    expect(parseValue('memory.gpuBudget', '512MB')).toBe(512e6);
    expect(parseValue('memory.gpuBudget', '2GiB')).toBe(2 ** 31);
    expect(parseValue('memory.gpuBudget', '1.5 gib')).toBe(1.5 * 2 ** 30);
    expect(parseValue('memory.gpuBudget', '64m')).toBe(2 ** 26);
    expect(parseValue('memory.gpuBudget', '0')).toBe(0);
  });

  it('reads numbers and lists', () => {
    expect(parseValue('training.weightDecay', '5e-4')).toBe(0.0005);
    expect(parseValue('sampling.fanOut', '15, 10,-1')).toEqual([15, 10, -1]);
    expect(parseValue('sampling.fanOut', '[5]')).toEqual([5]);
  });

  it.each([
    ['training.lr', '', 'a number from 0 to 10'],
    ['training.lr', 'NaN', 'a number from 0 to 10'],
    ['training.lr', '1e999', 'a number from 0 to 10'],
    ['training.lr', '-0.1', 'a number from 0 to 10'],
    ['training.lr', '0x10', 'a number from 0 to 10'],
    ['model.layers', '0', 'an integer from 1 to 64'],
    ['model.layers', '2.5', 'an integer from 1 to 64'],
    ['model.kind', 'gnc', 'appnp, sgc, gcn2, mlp (did you mean gcn?)'],
    ['data.normalizeFeatures', 'yes', 'true or false'],
    ['memory.gpuBudget', '12 parsecs', 'such as 512MB or 2GiB'],
    ['memory.gpuBudget', '-1', 'such as 512MB or 2GiB'],
    ['sampling.fanOut', '10,', 'integers from -1'],
    ['sampling.fanOut', '10,1.5', 'integers from -1'],
    ['training.seed', '9007199254740993', 'an integer from 0'],
  ] as const)('refuses %s=%s and says what it accepts', (key, text, accepted) => {
    const message = refusal(() => parseValue(key, text, '--set'));
    expect(message).toMatch(new RegExp(`^--set: ${key.replace('.', '\\.')} cannot be `));
    expect(message).toContain(accepted);
    expect(message.length).toBeLessThan(250);
  });
});

it('refuses a megabyte without taking it apart or repeating it', () => {
  expect(refusal(() => parseValue('sampling.fanOut', '1,'.repeat(5e5))).length).toBeLessThan(250);
  expect(refusal(() => parseKey('a'.repeat(1e6))).length).toBeLessThan(250);
});

describe('parseConfig', () => {
  it('keeps the keys it is given, and copies lists', () => {
    const fanOut = [4, 2];
    const config = parseConfig({ 'sampling.fanOut': fanOut, 'training.seed': 7 });
    fanOut[0] = 99;
    expect(config).toEqual({ 'sampling.fanOut': [4, 2], 'training.seed': 7 });
  });

  it('names the nearest key', () => {
    expect(refusal(() => parseConfig({ 'model.hiden': 4 }, 'run.json'))).toBe(
      'run.json: unknown key "model.hiden": did you mean model.hidden?',
    );
    expect(refusal(() => parseKey('lr'))).toContain('did you mean training.lr?');
    expect(refusal(() => parseKey('something.else.entirely'))).toContain('edgewise help config');
  });

  it.each([
    ['a number as text', { 'training.lr': '0.1' }, 'training.lr cannot be "0.1"'],
    ['null', { 'training.lr': null }, 'training.lr cannot be "null"'],
    ['NaN', { 'training.lr': Number.NaN }, 'training.lr cannot be "NaN"'],
    ['an empty list', { 'sampling.fanOut': [] }, 'sampling.fanOut cannot be'],
    ['a list of text', { 'sampling.fanOut': ['1'] }, 'sampling.fanOut cannot be "a list"'],
    ['nested groups', { model: { kind: 'gcn' } }, 'dotted keys'],
    ['a list at the top', [], 'must be an object'],
    ['null at the top', null, 'must be an object'],
    ['a prototype', JSON.parse('{"__proto__": {"model.kind": "mlp"}}'), '__proto__'],
    ['an inherited name', { constructor: 1 }, 'unknown key "constructor"'],
  ])('refuses %s', (_, record, said) => {
    expect(refusal(() => parseConfig(record, 'run.json'))).toContain(said);
  });

  it('refuses an assignment without a value', () => {
    expect(refusal(() => parseAssignment('training.lr'))).toContain('key=value');
    expect(parseAssignment('training.lr=0.1')).toEqual({ 'training.lr': 0.1 });
  });
});

describe('resolveConfig', () => {
  it('gives a model kind alone the preset of its name', () => {
    const mlp = resolveConfig({ sets: ['model.kind=mlp'] });
    expect(mlp.preset).toBe('mlp');
    expect(mlp.config).toEqual({ ...DEFAULTS, ...PRESETS.mlp.values });
    expect(resolveConfig({}).preset).toBe('gcn');
  });

  it("takes the dataset's protocol for the kind", () => {
    expect(resolveConfig({ dataset: 'debian' }).preset).toBe('debian-gcn');
    expect(resolveConfig({ dataset: 'debian-small', sets: ['model.kind=mlp'] }).preset).toBe('debian-mlp');
    expect(resolveConfig({ dataset: 'cora' }).preset).toBe('planetoid-gcn');
    expect(resolveConfig({ dataset: 'cora', sets: ['model.kind=mlp'] }).preset).toBe('mlp');
    expect(recommendedPreset('gcn', 'nobody-knows')).toBe('gcn');
    expect(recommendedPreset('sage', 'roman-empire')).toBe('heterophilous-sage');
    expect(recommendedPreset('gcn', 'questions')).toBe('tolokers-gcn');
  });

  it('takes weight decay off where nodes have several labels, whatever the kind', () => {
    for (const kind of SCHEMA['model.kind'].values) {
      const { preset, config } = resolveConfig({ multiLabel: true, sets: [`model.kind=${kind}`] });
      expect(preset).toBe(`labels-${kind}`);
      expect([config['model.kind'], config['training.weightDecay']]).toEqual([kind, 0]);
      if (kind === 'gcn2') expect(config['training.weightDecayLinear']).toBe(0);
    }
    expect(resolveConfig({ multiLabel: true, dataset: 'debian' }).preset).toBe('debian-gcn');
    expect(resolveConfig({ multiLabel: true, preset: 'gcn' }).preset).toBe('gcn');
  });

  it('lets what comes later win', () => {
    const { config, preset, asked } = resolveConfig({
      preset: 'planetoid-gcn',
      dataset: 'debian',
      file: { 'model.hidden': 32, 'training.lr': 0.1, 'training.seed': 1 },
      sets: ['training.lr=0.2', 'training.lr=0.3', 'training.seed=2'],
      seed: '3',
      split: '4',
    });
    expect({ preset, asked }).toEqual({ preset: 'planetoid-gcn', asked: true });
    expect(diffConfigs({ ...DEFAULTS, ...PRESETS['planetoid-gcn'].values }, config)).toEqual([
      { key: 'model.hidden', before: 16, after: 32 },
      { key: 'data.split', before: 0, after: 4 },
      { key: 'training.lr', before: 0.01, after: 0.3 },
      { key: 'training.seed', before: 0, after: 3 },
    ]);
  });

  it('repeats a run from its whole configuration, whatever is recommended', () => {
    const run = resolveConfig({ preset: 'planetoid-gcn', sets: ['model.hidden=8'] }).config;
    expect(resolveConfig({ file: run, dataset: 'debian' }).config).toEqual(run);
  });

  it('refuses an unknown preset and a bad seed', () => {
    expect(refusal(() => resolveConfig({ preset: 'planetoid-gnc' }))).toContain('did you mean planetoid-gcn?');
    expect(refusal(() => resolveConfig({ preset: 'constructor' }))).toContain('unknown preset');
    expect(refusal(() => resolveConfig({ seed: '-1' }))).toMatch(/^--seed: training\.seed cannot be "-1"/);
  });
});

describe('describe', () => {
  it('stores only what differs', () => {
    expect(differences({ ...DEFAULTS, 'sampling.fanOut': [15, 10] })).toEqual({});
    expect(differences({ ...DEFAULTS, 'sampling.fanOut': [15] })).toEqual({ 'sampling.fanOut': [15] });
  });

  it('lists every key and preset once', () => {
    const table = referenceMarkdown();
    const first = table
      .split('\n')
      .map((line) => line.split('`')[1])
      .filter((name) => name !== undefined);
    expect(first).toEqual([...CONFIG_KEYS, ...PRESET_NAMES]);
    expect(table).toContain('`256MiB`');
  });
});

const README = new URL('../../README.md', import.meta.url);

it.runIf(existsSync(README))('the README holds this table (node --import tsx scripts/readme.mjs writes it)', () => {
  const between = /<!-- config -->\n([\s\S]*?)<!-- \/config -->/.exec(readFileSync(README, 'utf8'));
  expect(between?.[1].trim()).toBe(referenceMarkdown().trim());
});
