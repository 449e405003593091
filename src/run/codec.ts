import { InputError } from '../config/errors.ts';
import { checkValue, parseConfig, parseKey, quote } from '../config/parse.ts';
import { type Config, DEFAULTS } from '../config/schema.ts';
import {
  type DatasetInfo,
  type DeviceInfo,
  type EpochRecord,
  type Interruption,
  type MemoryBytes,
  RUN_SCHEMA,
  type RunEvent,
  type RunRecord,
  type RunResult,
} from './record.ts';

/** The run record as a file: JSON, every field checked on the way in, unknown fields dropped. */

/** Longest text that is parsed: a million epochs need about 200 MB, nobody's run.json does. */
const MAX_CHARACTERS = 256 * 2 ** 20;

/** Classes of the largest confusion matrix that a run records. */
const MOST_CONFUSED = 64;

/** One line of JSON without a newline at its end. Numbers that JSON lacks become null. */
export function encodeRecord(record: RunRecord): string {
  return JSON.stringify(record);
}

/** The record in `text`, or an InputError that names `where` (a file) and the field that is wrong. */
export function decodeRecord(text: string, where: string): RunRecord {
  return recordFrom(parseJson(text, where), where);
}

/**
 * What `--config` accepts: a run record, whose configuration is taken whole, or a flat object of some keys. InputError
 * otherwise.
 */
export function decodeConfigFile(text: string, where: string): Partial<Config> | RunRecord {
  const value = parseJson(text, where);
  return isObject(value) && 'schema' in value ? recordFrom(value, where) : parseConfig(value, where);
}

export function isRecord(file: Partial<Config> | RunRecord): file is RunRecord {
  return 'schema' in file;
}

/** @param advice what to do where it is not JSON */
export function parseJson(
  text: string,
  where: string,
  advice = 'choose the run.json that edgewise train --out wrote',
): unknown {
  if (text.length > MAX_CHARACTERS) throw new InputError(`${where}: ${text.length} characters are too many for a run.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The engine's message may quote the file over several lines.
    const reason = (error as Error).message.split('\n')[0].slice(0, 120);
    throw new InputError(`${where}: this is not JSON (${reason}); ${advice}.`);
  }
}

function recordFrom(value: unknown, where: string): RunRecord {
  const run = new Fields(value, where, '');
  const schema = run.raw('schema');
  if (schema !== RUN_SCHEMA) {
    const advice = typeof schema === 'number' && schema > RUN_SCHEMA ? 'use a newer Edgewise' : 'run it again';
    throw new InputError(`${where}: schema ${quote(String(schema))} is not ${RUN_SCHEMA}; ${advice}.`);
  }
  const memory = run.object('memory');
  return {
    schema: RUN_SCHEMA,
    engine: run.string('engine'),
    kernels: run.string('kernels'),
    tiles: run.texts('tiles'),
    config: { ...DEFAULTS, ...parseConfig(run.raw('config'), where) },
    fitted: parseConfig(run.raw('fitted'), where),
    dataset: datasetFrom(run.object('dataset')),
    device: deviceFrom(run.object('device')),
    events: run.list('events').map((fields) => eventFrom(fields, where)),
    epochs: run.list('epochs').map(epoch),
    result: result(run.object('result')),
    memory: {
      forecast: bytes(memory.object('forecast')),
      peak: bytes(memory.object('peak')),
      ...(memory.has('refusals') ? { refusals: memory.count('refusals') } : {}),
    },
    ...(run.has('resumed') ? { resumed: run.list('resumed').map(interruptionFrom) } : {}),
  };
}

export function interruptionFrom(fields: Fields): Interruption {
  return { epoch: fields.count('epoch'), device: deviceFrom(fields.object('device')) };
}

export function datasetFrom(fields: Fields): DatasetInfo {
  return {
    name: fields.string('name'),
    nodes: fields.count('nodes'),
    edges: fields.count('edges'),
    features: fields.count('features'),
    classes: fields.count('classes'),
    ...(fields.has('multiLabel') ? { multiLabel: fields.boolean('multiLabel') } : {}),
    fingerprint: fields.string('fingerprint'),
  };
}

export function deviceFrom(fields: Fields): DeviceInfo {
  const backend = fields.string('backend');
  if (backend !== 'webgpu' && backend !== 'cpu') throw fields.wrong('backend', 'webgpu or cpu');
  return {
    backend,
    vendor: fields.string('vendor'),
    architecture: fields.string('architecture'),
    description: fields.string('description'),
    software: fields.boolean('software'),
  };
}

export function eventFrom(fields: Fields, where: string): RunEvent {
  const key = parseKey(fields.string('key'), where);
  return { step: fields.count('step'), key, value: checkValue(key, fields.raw('value'), where) };
}

function epoch(fields: Fields): EpochRecord {
  return {
    epoch: fields.count('epoch'),
    trainLoss: fields.figure('trainLoss'),
    valLoss: fields.figure('valLoss'),
    trainAcc: fields.figure('trainAcc'),
    valAcc: fields.figure('valAcc'),
    testAcc: fields.figure('testAcc'),
    valMetric: fields.figure('valMetric'),
    testMetric: fields.figure('testMetric'),
    ms: fields.figure('ms'),
    sampleMs: fields.figure('sampleMs'),
    readMs: fields.figure('readMs'),
    uploadMs: fields.figure('uploadMs'),
    evalMs: fields.figure('evalMs'),
  };
}

function result(fields: Fields): RunResult {
  return {
    bestEpoch: fields.count('bestEpoch'),
    metric: fields.string('metric'),
    testAcc: fields.figure('testAcc'),
    testMicroF1: fields.figure('testMicroF1'),
    testMacroF1: fields.figure('testMacroF1'),
    testWeightedF1: fields.figure('testWeightedF1'),
    testRocAuc: fields.raw('testRocAuc') === null ? null : fields.figure('testRocAuc'),
    confusion: fields.raw('confusion') === null ? null : fields.counts('confusion'),
    curveHash: fields.string('curveHash'),
  };
}

function bytes(fields: Fields): MemoryBytes {
  return { gpu: fields.count('gpu'), host: fields.count('host'), disk: fields.count('disk') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of one hostile object; each error names the file and the path of the field. */
export class Fields {
  private readonly value: Record<string, unknown>;
  private readonly where: string;
  private readonly path: string;

  constructor(value: unknown, where: string, path: string) {
    if (!isObject(value)) throw new InputError(`${where}: ${path || 'the file'} must be an object.`);
    this.value = value;
    this.where = where;
    this.path = path;
  }

  wrong(name: string, expected: string): InputError {
    return new InputError(`${this.where}: ${this.pathOf(name)} must be ${expected}.`);
  }

  has(name: string): boolean {
    return Object.hasOwn(this.value, name);
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }

  object(name: string): Fields {
    return new Fields(this.raw(name), this.where, this.pathOf(name));
  }

  list(name: string, most = Infinity): Fields[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw this.wrong(name, 'a list');
    if (value.length > most) throw this.wrong(name, `a list of at most ${most}`);
    return value.map((item, i) => new Fields(item, this.where, `${this.pathOf(name)}[${i}]`));
  }

  string(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || value.length > 1000) throw this.wrong(name, 'a text of at most 1000 characters');
    return value;
  }

  /** Texts by name; none where the field is missing, because older files have none. */
  texts(name: string): Record<string, string> {
    const value = this.raw(name) ?? {};
    const pairs = isObject(value) ? Object.entries(value) : null;
    if (!pairs?.every(([key, text]) => typeof text === 'string' && key.length + text.length <= 1000))
      throw this.wrong(name, 'an object of texts');
    return Object.fromEntries(pairs) as Record<string, string>;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false');
    return value;
  }

  /** A whole number from 0. */
  count(name: string): number {
    const value = this.raw(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw this.wrong(name, 'a whole number from 0');
    return value;
  }

  /** A square table of whole numbers from 0. */
  counts(name: string): number[][] {
    const value = this.raw(name);
    const rows: unknown[] = Array.isArray(value) && value.length <= MOST_CONFUSED ? value : [];
    const square = rows.every(
      (row) => Array.isArray(row) && row.length === rows.length && row.every((n) => Number.isSafeInteger(n) && n >= 0),
    );
    if (rows.length === 0 || !square) throw this.wrong(name, 'a square table of whole numbers, or null');
    return rows as number[][];
  }

  /** A number, or null for one that JSON lacks. */
  figure(name: string): number {
    const value = this.raw(name);
    if (value === null) return Number.NaN;
    if (typeof value !== 'number') throw this.wrong(name, 'a number');
    return value;
  }

  private pathOf(name: string): string {
    return this.path ? `${this.path}.${name}` : name;
  }
}
