import { InputError } from '../config/errors.ts';
import { parseConfig, quote } from '../config/parse.ts';
import { type Config, DEFAULTS, entryOf } from '../config/schema.ts';
import type { HostArray } from '../device/executor.ts';
import { crc32 } from '../formats/crc32.ts';
import { readSafetensors, type Tensor, writeSafetensors } from '../formats/safetensors.ts';
import { datasetFrom, deviceFrom, eventFrom, Fields, interruptionFrom } from '../run/codec.ts';
import type { DatasetInfo, EpochRecord } from '../run/record.ts';
import type { Scores } from '../task/metrics.ts';
import type { ResumePoint } from './checkpoint.ts';
import type { Best } from './selection.ts';

/**
 * A checkpoint as bytes: a safetensors file. Whatever must come back bit for bit is a tensor (the state on the device, the curve, the
 * figures of the best epoch); what says whose checkpoint it is, and how the run was asked for, is JSON in the file's metadata. A CRC-32
 * over all of it finds what was torn or swapped. How large it gets is in checkpointSize.ts.
 */
export interface CheckpointFile {
  /** Version of Edgewise that wrote it: another one may compute other bits. */
  readonly engine: string;
  /** As the run was asked for. */
  readonly config: Config;
  readonly dataset: DatasetInfo;
  /** By which whoever wrote it finds the graph again. */
  readonly source: string;
  readonly point: ResumePoint;
}

const FORMAT = 'edgewise-checkpoint';
const SCHEMA = 1;

/** The numbers of an epoch, in the order of their columns; a check that none is missing. */
export const COLUMNS = Object.keys({
  epoch: true,
  trainLoss: true,
  valLoss: true,
  trainAcc: true,
  valAcc: true,
  testAcc: true,
  valMetric: true,
  testMetric: true,
  ms: true,
  sampleMs: true,
  readMs: true,
  uploadMs: true,
  evalMs: true,
} satisfies Record<keyof EpochRecord, true>) as readonly (keyof EpochRecord)[];

const SCORES = Object.keys({
  accuracy: true,
  microF1: true,
  macroF1: true,
  weightedF1: true,
} satisfies Record<keyof Scores, true>) as readonly (keyof Scores)[];

/** Names of the tensors; the state's own go behind `state/`. */
const CURVE = 'curve';
const BEST = 'best';
const CONFUSION = 'best/confusion';
const STATE = 'state/';

/** Of a run that has finished an epoch. */
export function encodeCheckpoint({ point, ...identity }: CheckpointFile): Uint8Array {
  const { epochs, values, steps, events, planned, refusals, device, resumed } = point;
  const best = point.best!;
  const tensors = new Map<string, Tensor>();
  const doubles = (name: string, shape: readonly number[], numbers: readonly number[]) =>
    tensors.set(name, { dtype: 'F64', shape, data: Float64Array.from(numbers) });
  doubles(
    CURVE,
    [epochs.length, COLUMNS.length],
    epochs.flatMap((epoch) => COLUMNS.map((column) => epoch[column])),
  );
  doubles(BEST, [1 + SCORES.length], [best.figure, ...SCORES.map((name) => best.test[name])]);
  const { confusion } = best;
  if (confusion) tensors.set(CONFUSION, { dtype: 'U32', shape: [confusion.length], data: confusion });
  for (const [name, data] of values) {
    tensors.set(STATE + name, { dtype: data instanceof Uint32Array ? 'U32' : 'F32', shape: [data.length], data });
  }
  const about = { ...identity, steps, bestEpoch: best.epoch, events, planned, refusals, device, resumed };
  return pack(JSON.stringify({ schema: SCHEMA, ...about }), tensors);
}

/** A description and tensors as a file that says of itself that it is whole. */
export function pack(text: string, tensors: ReadonlyMap<string, Tensor>): Uint8Array {
  const metadata = new Map([
    ['format', FORMAT],
    ['about', text],
    ['checksum', String(checksum(text, tensors))],
  ]);
  return writeSafetensors(tensors, metadata);
}

/** @throws InputError in one sentence that names `where` (a file), if it is anything else than a whole checkpoint */
export function decodeCheckpoint(bytes: Uint8Array, where: string): CheckpointFile {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const text = metadata.get('about') ?? '';
  if (metadata.get('format') !== FORMAT) {
    throw new InputError(`${where}: is no checkpoint; name the file that edgewise train --checkpoint wrote.`);
  }
  const damaged = (what: string) => new InputError(`${where}: the checkpoint is damaged (${what}): train anew.`);
  if (metadata.get('checksum') !== String(checksum(text, tensors))) throw damaged('its checksum does not match');
  const about = new Fields(parse(text, damaged), where, '');
  const schema = about.raw('schema');
  if (schema !== SCHEMA) {
    throw new InputError(
      `${where}: the checkpoint has schema ${quote(String(schema))}, not ${SCHEMA}; go on with the Edgewise that wrote it.`,
    );
  }
  const take = (name: string, dtype: Tensor['dtype'], length: number) => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== dtype || tensor.data.length !== length) throw damaged(`${name} has another size`);
    return tensor.data;
  };
  const dataset = datasetFrom(about.object('dataset'));
  const rows = Math.floor((tensors.get(CURVE)?.data.length ?? 0) / COLUMNS.length);
  const epochs = epochsOf(take(CURVE, 'F64', rows * COLUMNS.length) as Float64Array);
  if (epochs.length === 0 || epochs.some(({ epoch }, i) => epoch !== i + 1)) throw damaged('epochs are missing');
  const [figure, ...scores] = take(BEST, 'F64', 1 + SCORES.length) as Float64Array;
  const best: Best = {
    epoch: about.count('bestEpoch'),
    figure,
    test: Object.fromEntries(SCORES.map((name, i) => [name, scores[i]])) as unknown as Scores,
    confusion: tensors.has(CONFUSION) ? (take(CONFUSION, 'U32', dataset.classes ** 2) as Uint32Array).slice() : null,
  };
  if (best.epoch < 1 || best.epoch > epochs.length) throw damaged('its best epoch is none of its epochs');
  const events = about.list('events').map((fields) => eventFrom(fields, where));
  const fixed = events.find(({ key }) => !entryOf(key).live);
  if (fixed) throw damaged(`${fixed.key} cannot be changed during a run`);
  const config = (name: string): Config => ({ ...DEFAULTS, ...parseConfig(about.raw(name), where) });
  return {
    engine: about.string('engine'),
    config: config('config'),
    dataset,
    source: about.string('source'),
    point: {
      epochs,
      best,
      steps: about.count('steps'),
      values: stateOf(tensors, damaged),
      events,
      planned: config('planned'),
      refusals: about.count('refusals'),
      device: deviceFrom(about.object('device')),
      resumed: about.list('resumed').map(interruptionFrom),
    },
  };
}

function epochsOf(curve: Float64Array): EpochRecord[] {
  return Array.from(
    { length: curve.length / COLUMNS.length },
    (_, row) =>
      Object.fromEntries(
        COLUMNS.map((column, i) => [column, curve[row * COLUMNS.length + i]]),
      ) as unknown as EpochRecord,
  );
}

function stateOf(tensors: ReadonlyMap<string, Tensor>, damaged: (what: string) => Error): Map<string, HostArray> {
  const values = new Map<string, HostArray>();
  for (const [name, { data }] of tensors) {
    if (!name.startsWith(STATE)) continue;
    if (!(data instanceof Float32Array || data instanceof Uint32Array)) throw damaged(`${name} has another type`);
    // A view would keep the whole file for as long as anything of it is used.
    values.set(name.slice(STATE.length), data.slice());
  }
  return values;
}

function parse(text: string, damaged: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged('its description is not JSON');
  }
}

/** Of the description, and of every tensor with its name, in the order of the names. */
function checksum(text: string, tensors: ReadonlyMap<string, Tensor>): number {
  const encoder = new TextEncoder();
  let crc = crc32(encoder.encode(text));
  for (const name of [...tensors.keys()].sort()) {
    const { data } = tensors.get(name)!;
    crc = crc32(encoder.encode(name), crc);
    crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  }
  return crc;
}
