import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { PRESET_NAMES, PRESETS } from '../config/presets.ts';
import { CONFIG_KEYS, type Config, type ConfigKey, DEFAULTS, entryOf } from '../config/schema.ts';
import { decodeHash, encodeHash, type LinkDataset, type LinkState, MAX_LINK } from './link.ts';
import { randomConfig, randomFrom, randomHex } from './linkExamples.ts';

const NO_GRAPH: LinkDataset = { catalogueId: null, fingerprint: null };

async function stateOf(hash: string): Promise<LinkState> {
  const link = await decodeHash(hash);
  if (link.kind !== 'config') throw new Error(`a link of kind ${link.kind}`);
  return link.state;
}

/** One sentence for a person that holds `said`. */
async function expectRefused(hash: string, said: RegExp): Promise<void> {
  const error: unknown = await decodeHash(hash).catch((reason) => reason);
  expect(error, hash.slice(0, 80)).toBeInstanceOf(InputError);
  const { message } = error as InputError;
  expect(message).toMatch(said);
  expect(message.length).toBeLessThan(400);
  expect(message).not.toContain('\n');
}

describe('the readable hash', () => {
  it('holds the dataset, the preset and what differs from it, in the order of the schema', () => {
    const config: Config = {
      ...DEFAULTS,
      ...PRESETS['debian-gcn'].values,
      'memory.gpuBudget': 512 * 2 ** 20,
      'sampling.fanOut': [10, -1],
      'training.lr': 0.05,
    };
    expect(
      encodeHash({ dataset: { catalogueId: 'debian-small', fingerprint: null }, preset: 'debian-gcn', config }),
    ).toBe('#data=debian-small&preset=debian-gcn&training.lr=0.05&sampling.fanOut=10,-1&memory.gpuBudget=512MiB');
  });

  it('comes back as it was, for any configuration, preset and graph', async () => {
    const random = randomFrom(1);
    const preset = () => PRESET_NAMES[Math.floor(random() * PRESET_NAMES.length)];
    for (let i = 0; i < 300; i++) {
      const datasets = [
        NO_GRAPH,
        { ...NO_GRAPH, catalogueId: 'cora' },
        { ...NO_GRAPH, fingerprint: randomHex(random, 16) },
        { ...NO_GRAPH, url: 'https://example.org/a%20b/graph.npz?x=1&y=%26' },
        { catalogueId: null, fingerprint: randomHex(random, 16), url: 'http://localhost:8080/g.csv' },
      ];
      const state = {
        dataset: datasets[i % datasets.length],
        preset: preset(),
        config: randomConfig(random, random()),
      };
      const hash = encodeHash(state);
      expect(await stateOf(hash)).toEqual(state);
      expect(await stateOf(hash.slice(1))).toEqual(state);
      expect(encodeHash(await stateOf(hash))).toBe(hash);
    }
  });

  it('names nobody’s own graph by more than 64 bits of its fingerprint', () => {
    const dataset = { catalogueId: null, fingerprint: '0123456789abcdef'.repeat(4) };
    expect(encodeHash({ dataset, preset: 'gcn', config: { ...DEFAULTS, ...PRESETS.gcn.values } })).toBe(
      '#graph=0123456789abcdef&preset=gcn',
    );
  });

  it('takes what programs escape on the way', async () => {
    const state = await stateOf('#data=debian%2Dsmall&sampling.fanOut=3%2C%2D1');
    expect(state.dataset.catalogueId).toBe('debian-small');
    expect(state.config['sampling.fanOut']).toEqual([3, -1]);
  });

  it('without a preset means the one recommended for the model on the dataset', async () => {
    expect((await stateOf('#data=debian-small&model.kind=mlp')).preset).toBe('debian-mlp');
    expect((await stateOf('#training.lr=0.5')).preset).toBe('gcn');
    expect((await stateOf('#data=cora')).config).toEqual({ ...DEFAULTS, ...PRESETS['planetoid-gcn'].values });
  });

  it('names a public file in place of a dataset, readably', async () => {
    const url = 'https://example.org/graph.npz?x=1&y=2';
    const dataset = { catalogueId: null, fingerprint: '0123456789abcdef'.repeat(4), url };
    const hash = encodeHash({ dataset, preset: 'gcn', config: { ...DEFAULTS, ...PRESETS.gcn.values } });
    expect(hash).toBe('#data=https://example.org/graph.npz?x=1%26y=2&graph=0123456789abcdef&preset=gcn');
    expect((await stateOf('#data=https%3A%2F%2Fgithub.com%2Fa%2Fb%2Fraw%2Fmain%2Fg.npz')).dataset).toEqual({
      ...NO_GRAPH,
      url: 'https://raw.githubusercontent.com/a/b/main/g.npz',
    });
  });

  it('is empty where there is nothing', async () => {
    expect(await decodeHash('')).toEqual({ kind: 'empty' });
    expect(await decodeHash('#')).toEqual({ kind: 'empty' });
  });

  it('has room for the longest value of every key', () => {
    const longest = (key: ConfigKey) => {
      const entry = entryOf(key);
      if (entry.type === 'integers') return Array(entry.maxLength).fill(entry.max - 1);
      if (entry.type === 'number') return 0.12345678901234568;
      return entry.type === 'integer' ? entry.max - 1 : entry.default;
    };
    const config = { ...DEFAULTS, ...Object.fromEntries(CONFIG_KEYS.map((key) => [key, longest(key)])) };
    const dataset = { catalogueId: 'x'.repeat(64), fingerprint: null };
    expect(encodeHash({ dataset, preset: 'planetoid-gcn', config }).length).toBeLessThan(MAX_LINK);
  });
});

describe('a hostile hash', () => {
  it.each([
    ['#training.lrr=0.1', /unknown key "training.lrr": did you mean training.lr\?/],
    ['#lr=0.1', /did you mean training.lr\?/],
    ['#__proto__=1', /unknown key "__proto__"/],
    ['#__proto__.polluted=1', /unknown key/],
    ['#constructor=1', /unknown key "constructor"/],
    ['#toString=1', /unknown key "toString"/],
    ['#main', /"main" must be key=value/],
    ['#=1', /must be key=value/],
    ['#data=cora&', /must be key=value/],
    ['#training.lr=0.1&training.lr=0.2', /"training.lr" stands there twice/],
    ['#data=cora&data=cora', /"data" stands there twice/],
    ['#data=cora&graph=0123456789abcdef', /data and graph cannot both be there/],
    ['#graph=secret', /graph cannot be "secret"/],
    ['#graph=0123456789ABCDEF', /16 digits/],
    ['#data=../../etc/passwd', /data cannot be/],
    ['#data=%3Cimg%20src%3Dx%3E', /data cannot be/],
    ['#data=', /data cannot be ""/],
    ['#data=http://example.org/g.npz', /only https is fetched/],
    ['#data=https://user@example.org/g.npz', /user name or a password/],
    ['#data=javascript:alert(1)', /must be the name of a dataset/],
    ['#data=https://example.org/g.npz&graph=secret', /graph cannot be "secret"/],
    ['#run=AAAAAAAA&data=http://example.org/g.npz', /only https is fetched/],
    ['#run=AAAAAAAA&preset=gcn', /behind a run only the address of its graph/],
    ['#run=AAAAAAAA&data=https://example.org/&data=https://example.org/', /behind a run only the address of its graph/],
    ['#preset=debian-gnc', /unknown preset "debian-gnc": did you mean debian-gcn\?/],
    ['#preset=__proto__', /unknown preset/],
    ['#training.lr=11', /training.lr cannot be "11": it must be a number from 0 to 10/],
    ['#training.lr=NaN', /cannot be "NaN"/],
    ['#training.lr=', /cannot be ""/],
    ['#training.epochs=1e9', /training.epochs cannot be/],
    ['#model.kind=gta', /model.kind cannot be "gta"/],
    ['#sampling.fanOut=1,x', /sampling.fanOut cannot be/],
    ['#memory.gpuBudget=99999TB', /memory.gpuBudget cannot be/],
    ['#training.lr=%', /a % that stands for no character/],
    [`#training.lr=0.1&${'x'.repeat(MAX_LINK)}`, /more than 2000 characters/],
    [`#${'a=1&'.repeat(400)}`, /unknown key "a"|twice/],
  ])('%s', async (hash, said) => {
    await expectRefused(hash, said);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});
