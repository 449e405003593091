import { InputError } from '../config/errors.ts';
import { SCHEMA } from '../config/schema.ts';
import { type ByteReader, type ByteWriter, byteReader, byteWriter, cleanText } from './linkBytes.ts';
import { readCurves, writeCurves } from './linkCurve.ts';
import { isCatalogueId, shortHash } from './linkNames.ts';
import { readSettings, writeSettings } from './linkSettings.ts';
import type { DeviceInfo, RunRecord } from './record.ts';
import { closestPreset, DEVICE_TEXT, type SharedRun, sharedDevice } from './sharedRun.ts';

/** The payload of a sealed link. What is written here is written in the order in which it is read below. */

/** 64 bits. */
const HASH_BYTES = 8;
const WORD = 40;

const COUNTS = ['nodes', 'edges', 'features', 'classes'] as const;
const FRACTIONS = ['testAcc', 'testMicroF1', 'testMacroF1', 'testWeightedF1'] as const;
const PLACES = ['gpu', 'host', 'disk'] as const;
const TEXTS = ['vendor', 'architecture', 'description'] as const;
const WEBGPU = 1;
const SOFTWARE = 2;

/** `record` with at most `points` of each curve. InputError where it is not what a run leaves behind. */
export function writeRun(record: RunRecord, catalogueId: string | null, points: number): Uint8Array<ArrayBuffer> {
  const { dataset, epochs, result, kernels } = record;
  if (epochs.length === 0 || epochs.some(({ epoch }, i) => epoch !== i + 1)) {
    throw new InputError('this run cannot be a link: its epochs must be there from 1 to the last; run it again.');
  }
  const writer = byteWriter();
  const hash = (value: string, what: string) => {
    const short = shortHash(value);
    if (!short) throw new InputError(`this run cannot be a link: its ${what} is no hash; run it again.`);
    writer.hex(short);
  };
  writer.text(catalogueId ?? '');
  hash(dataset.fingerprint, 'fingerprint');
  for (const key of COUNTS) writer.count(dataset[key]);
  writeSettings(writer, record);
  writer.text(cleanText(record.engine, WORD));
  writer.byte(kernels === '' ? 0 : 1);
  if (kernels !== '') hash(kernels, 'kernels');
  writeDevice(writer, record.device);
  writer.count(epochs.length);
  writer.count(result.bestEpoch);
  writer.text(cleanText(result.metric, WORD));
  for (const key of FRACTIONS) writer.float64(result[key]);
  writer.byte(result.testRocAuc === null ? 0 : 1);
  if (result.testRocAuc !== null) writer.float64(result.testRocAuc);
  hash(result.curveHash, 'curve hash');
  for (const place of PLACES) writer.count(record.memory.peak[place]);
  writeCurves(writer, epochs, points);
  return writer.finish();
}

/** The run in a payload that may be anybody's: every field is checked, nothing may be left over. @throws InputError */
export function readRun(payload: Uint8Array): SharedRun {
  const reader = byteReader(payload);
  const catalogueId = reader.text('its dataset', 64) || null;
  if (catalogueId !== null && !isCatalogueId(catalogueId)) throw reader.wrong('its dataset');
  const fingerprint = reader.hex('its fingerprint', HASH_BYTES);
  const [nodes, edges, features, classes] = COUNTS.map((key) => reader.count(`the number of ${key}`));
  const { config, fitted, events } = readSettings(reader);
  const engine = reader.text('its engine', WORD);
  const kernels = flag(reader, 'its kernels') ? reader.hex('its kernels', HASH_BYTES) : '';
  const device = readDevice(reader);
  const epochs = reader.count('the number of epochs', SCHEMA['training.epochs'].max, 1);
  const bestEpoch = reader.count('its best epoch', epochs, 1);
  const metric = reader.text('its metric', WORD);
  const [testAcc, testMicroF1, testMacroF1, testWeightedF1] = FRACTIONS.map((key) => fraction(reader, key));
  const testRocAuc = flag(reader, 'testRocAuc') ? fraction(reader, 'testRocAuc') : null;
  const curveHash = reader.hex('the hash of its curve', HASH_BYTES);
  const [gpu, host, disk] = PLACES.map((place) => reader.count(`its peak of ${place} memory`));
  const curves = readCurves(reader, epochs);
  reader.end();
  return {
    dataset: { catalogueId, fingerprint, nodes, edges, features, classes },
    preset: closestPreset(config, catalogueId),
    config,
    fitted,
    events,
    engine,
    kernels,
    device,
    epochs,
    result: { bestEpoch, metric, testAcc, testMicroF1, testMacroF1, testWeightedF1, testRocAuc, curveHash },
    peak: { gpu, host, disk },
    curves,
  };
}

export function writeDevice(writer: ByteWriter, info: DeviceInfo): void {
  const device = sharedDevice(info);
  writer.byte((device.backend === 'webgpu' ? WEBGPU : 0) + (device.software ? SOFTWARE : 0));
  for (const name of TEXTS) writer.text(device[name]);
}

export function readDevice(reader: ByteReader): DeviceInfo {
  const flags = reader.byte('its device');
  const backend = flags & WEBGPU ? 'webgpu' : 'cpu';
  const software = (flags & SOFTWARE) !== 0;
  // The CPU executor that calls itself a GPU would be ranked among them.
  if (flags > (WEBGPU | SOFTWARE) || (backend === 'cpu' && !software)) throw reader.wrong('its device');
  const [vendor, architecture, description] = TEXTS.map((name) =>
    reader.text(`the ${name} of its device`, DEVICE_TEXT),
  );
  return { backend, vendor, architecture, description, software };
}

export function flag(reader: ByteReader, what: string): boolean {
  const value = reader.byte(what);
  if (value > 1) throw reader.wrong(what);
  return value === 1;
}

/** NaN where there was nothing to count. */
function fraction(reader: ByteReader, what: string): number {
  const value = reader.float64(what);
  if (value < 0 || value > 1) throw reader.wrong(what);
  return value;
}
