import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../config/errors.ts';
import { DEFAULTS } from '../config/schema.ts';
import { decodeConfigFile, decodeRecord, encodeRecord } from './codec.ts';
import { diffRuns, varyingKeys } from './diff.ts';
import { curveHash, type EpochRecord, RUN_SCHEMA, type RunRecord } from './record.ts';
import { ENGINE_VERSION } from './version.ts';

function epoch(number: number, trainLoss: number): EpochRecord {
  const loss = Math.fround(trainLoss);
  const times = { ms: 2, sampleMs: 0.5, readMs: 0.25, uploadMs: 0.125, evalMs: 1 };
  const metric = { valMetric: 0.5, testMetric: 0.75 };
  return {
    epoch: number,
    trainLoss: loss,
    valLoss: 1.5,
    trainAcc: 0.25,
    valAcc: 0.5,
    testAcc: 0.75,
    ...metric,
    ...times,
  };
}

const record: RunRecord = {
  schema: RUN_SCHEMA,
  engine: ENGINE_VERSION,
  kernels: 'abc',
  tiles: { 'matmul.nn 64×16×1 65536': '8x8' },
  config: { ...DEFAULTS, 'sampling.fanOut': [3, -1] },
  fitted: { 'sampling.strategy': 'neighbor' },
  dataset: { name: 'karate', nodes: 34, edges: 78, features: 34, classes: 2, fingerprint: 'f' },
  device: { backend: 'cpu', vendor: '', architecture: '', description: 'CPU', software: true },
  events: [{ step: 5, key: 'training.lr', value: 0.02 }],
  epochs: [epoch(1, 1 / 3), epoch(2, 0.1)],
  result: {
    bestEpoch: 2,
    metric: 'testAcc',
    testAcc: 0.75,
    testMicroF1: 0.75,
    testMacroF1: 0.7,
    testWeightedF1: 0.71,
    testRocAuc: null,
    confusion: [
      [3, 1],
      [0, 4],
    ],
    curveHash: 'h',
  },
  memory: { forecast: { gpu: 0, host: 100, disk: 0 }, peak: { gpu: 0, host: 90, disk: 0 } },
};

/** The record as JSON with one field replaced. */
function damaged(path: readonly (string | number)[], value: unknown): string {
  const copy = JSON.parse(encodeRecord(record));
  let parent = copy;
  for (const name of path.slice(0, -1)) parent = parent[name];
  parent[path[path.length - 1]] = value;
  return JSON.stringify(copy);
}

describe('curveHash', () => {
  it('is SHA-256 over little-endian float32', async () => {
    const bytes = Buffer.alloc(20);
    [Math.fround(1 / 3), 1.5, 0.25, 0.5, 0.75].forEach((x, i) => {
      bytes.writeFloatLE(x, i * 4);
    });
    expect(await curveHash([epoch(1, 1 / 3)])).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('changes with the last bit of a loss, and not with the time', async () => {
    const hash = await curveHash(record.epochs);
    expect(await curveHash([{ ...record.epochs[0], ms: 99 }, record.epochs[1]])).toBe(hash);
    const next = Math.fround(1 / 3) + 2 ** -25;
    expect(Math.fround(next)).not.toBe(Math.fround(1 / 3));
    expect(await curveHash([epoch(1, next), record.epochs[1]])).not.toBe(hash);
  });

  it('survives a file even where the loss overflowed', async () => {
    const epochs = [epoch(1, Number.POSITIVE_INFINITY), epoch(2, Number.NaN)];
    const back = decodeRecord(encodeRecord({ ...record, epochs }), 'run.json');
    expect(back.epochs[0].trainLoss).toBeNaN();
    expect(await curveHash(back.epochs)).toBe(await curveHash(epochs));
  });
});

describe('the codec', () => {
  it('gives the record back', () => {
    expect(decodeRecord(encodeRecord(record), 'run.json')).toEqual(record);
  });

  it.each([
    [['schema'], 3, 'schema "3" is not 2; use a newer Edgewise'],
    [['schema'], 1, 'schema "1" is not 2; run it again'],
    [['schema'], undefined, 'run it again'],
    [['config', 'model.layers'], 0, 'model.layers cannot be "0"'],
    [['config', 'model.leyers'], 2, 'did you mean model.layers?'],
    [['fitted', 'memory.gpuBudget'], -1, 'memory.gpuBudget cannot be'],
    [['dataset', 'nodes'], 1.5, 'dataset.nodes must be a whole number'],
    [['dataset', 'name'], 'x'.repeat(2000), 'dataset.name must be a text'],
    [['device'], [], 'device must be an object'],
    [['device', 'backend'], 'metal', 'device.backend must be webgpu or cpu'],
    [['device', 'software'], 'no', 'device.software must be true or false'],
    [['events', 0, 'key'], '__proto__', 'unknown key "__proto__"'],
    [['events', 0, 'value'], 'fast', 'training.lr cannot be "fast"'],
    [['epochs'], {}, 'epochs must be a list'],
    [['epochs', 1], null, 'epochs[1] must be an object'],
    [['epochs', 1, 'valLoss'], '1', 'epochs[1].valLoss must be a number'],
    [['result', 'testRocAuc'], 'x', 'result.testRocAuc must be a number'],
    [['result', 'testMicroF1'], undefined, 'result.testMicroF1 must be a number'],
    [['result', 'confusion'], [[1, 2]], 'result.confusion must be a square table of whole numbers, or null'],
    [['result', 'confusion', 1], [0.5, 1], 'result.confusion must be'],
    [['result', 'confusion'], undefined, 'result.confusion must be'],
    [['memory', 'peak', 'gpu'], -1, 'memory.peak.gpu must be a whole number'],
  ])('refuses %j = %j', (path, value, said) => {
    const decode = () => decodeRecord(damaged(path, value), 'some/run.json');
    expect(decode).toThrow(InputError);
    expect(decode).toThrow(`some/run.json: `);
    expect(decode).toThrow(said);
  });

  it.each(['', '{', 'null', '[1]', '"x"'])('refuses %j', (text) => {
    expect(() => decodeRecord(text, 'run.json')).toThrow(InputError);
    expect(() => decodeRecord(text, 'run.json')).toThrow(/^run\.json: [^\n]+$/);
  });

  it('reads a configuration from a record or from some keys', () => {
    expect(decodeConfigFile(encodeRecord(record), 'run.json')).toEqual(record);
    expect(decodeConfigFile('{"training.lr": 0.1}', 'c.json')).toEqual({ 'training.lr': 0.1 });
    expect(() => decodeConfigFile('{"lr": 0.1}', 'c.json')).toThrow(
      'c.json: unknown key "lr": did you mean training.lr?',
    );
  });
});

describe('diffRuns', () => {
  it('finds nothing between a run and its copy', () => {
    expect(diffRuns(record, decodeRecord(encodeRecord(record), 'run.json'))).toEqual({
      config: [],
      sameData: true,
      sameDevice: true,
      sameEngine: true,
      sameKernels: true,
      sameEvents: true,
      sameCurve: true,
      firstDifference: null,
      testAcc: 0,
    });
  });

  it('compares what ran, fitting included, and names the first epoch that differs', () => {
    const other: RunRecord = {
      ...record,
      config: { ...record.config, 'sampling.strategy': 'neighbor', 'training.lr': 0.1 },
      fitted: {},
      events: [],
      epochs: [record.epochs[0], epoch(2, 0.2), epoch(3, 0.1)],
      result: { ...record.result, testAcc: 1, curveHash: 'other' },
    };
    const diff = diffRuns(record, other);
    expect(diff.config).toEqual([{ key: 'training.lr', before: 0.01, after: 0.1 }]);
    expect(diff).toMatchObject({ sameEvents: false, sameCurve: false, firstDifference: 2, testAcc: 0.25 });
    expect(diffRuns(record, { ...other, epochs: record.epochs.slice(0, 1) }).firstDifference).toBe(2);
  });
});

it('carries the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(ENGINE_VERSION).toBe(version);
});

describe('what varies between runs', () => {
  const withLr = (lr: number, fitted = record.fitted) => ({
    ...record,
    fitted,
    config: { ...record.config, 'training.lr': lr },
  });

  it('is nothing of one run, or of none', () => {
    expect([varyingKeys([]), varyingKeys([record])]).toEqual([[], []]);
  });

  it('is what any two of them differ in as they ran', () => {
    expect(varyingKeys([withLr(0.1), withLr(0.1), withLr(0.2)])).toEqual(['training.lr']);
    expect(varyingKeys([withLr(0.1), withLr(0.1, { 'sampling.batchSize': 7 })])).toEqual([
      'sampling.strategy',
      'sampling.batchSize',
    ]);
  });
});
