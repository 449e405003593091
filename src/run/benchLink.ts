import { InputError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { LAST_MOMENT, MOST_ROWS, ROW_NAME, ROW_NOTE, WORD } from './benchFile.ts';
import {
  BENCH_SCHEMA,
  BENCH_SUITES,
  type BenchDataset,
  type BenchResult,
  type BenchSuite,
  type Figure,
  figure,
  MEASURE_KEYS,
  MEASURES,
  type Measure,
  MOST_REPETITIONS,
  type ResultRow,
  SUITE_NAMES,
  wrongFigure,
} from './benchResult.ts';
import { ADDRESS_LENGTH, checkId, MAX_LINK, SEALED_BENCH } from './link.ts';
import { type ByteReader, type ByteWriter, byteReader, byteWriter, cleanText } from './linkBytes.ts';
import { isCatalogueId } from './linkNames.ts';
import { readSettings, writeSettings } from './linkSettings.ts';
import { seal, unseal } from './seal.ts';
import { flag, readDevice, writeDevice } from './sharedRunCodec.ts';

/** The result of a benchmark as a link: the envelope and the settings of a run's, then rows and figures. */

/** 64 bits. */
const HASH_BYTES = 8;
const COUNTS = ['nodes', 'edges', 'features', 'classes'] as const;
const PARTS = ['median', 'lo', 'hi'] as const;

/** `#bench=…`, of at most MAX_LINK characters with the page's address. @throws InputError where it does not fit */
export async function encodeBench(result: BenchResult): Promise<string> {
  const payload = writeBench(result);
  // A result from a file may hold what a link may not: better to hear it now than from whoever opens the link.
  readBench(payload);
  const link = `#${SEALED_BENCH}${await seal(payload)}`;
  if (link.length <= MAX_LINK - ADDRESS_LENGTH) return link;
  throw new InputError(
    `this result does not fit into a link of ${MAX_LINK} characters (${result.rows.length} rows): save it as a file.`,
  );
}

/** What stands behind `#bench=`, checked field by field. @throws InputError */
export async function decodeBench(sealed: string): Promise<BenchResult> {
  return readBench(await unseal(sealed));
}

/** The payload; what is written here is written in the order in which it is read below. */
export function writeBench(result: BenchResult): Uint8Array<ArrayBuffer> {
  const { suite, trained, rows } = result;
  const writer = byteWriter('result');
  writer.byte(result.schema);
  writer.byte(SUITE_NAMES.indexOf(suite));
  writer.text(cleanText(result.engine, WORD));
  writeDevice(writer, result.device);
  writer.count(result.at);
  writer.count(result.repetitions);
  if (trained) {
    writeDataset(writer, trained.dataset);
    writeSettings(writer, { config: trained.config, fitted: {}, events: [] });
  }
  writer.byte(result.throttled ? 1 : 0);
  writer.float32(result.drift);
  writer.count(rows.length);
  for (const { name, note, figures } of rows) {
    writer.text(cleanText(name, ROW_NAME));
    writer.text(cleanText(note, ROW_NOTE));
    const measures = MEASURE_KEYS.filter((measure) => figures[measure]);
    writer.count(measures.length);
    for (const measure of measures) {
      writer.byte(MEASURE_KEYS.indexOf(measure));
      const write = MEASURES[measure].unit === 'bytes' ? writer.count : writer.float32;
      for (const part of PARTS) write(figures[measure]![part]);
    }
  }
  return writer.finish();
}

function writeDataset(writer: ByteWriter, dataset: BenchDataset): void {
  writer.text(dataset.catalogueId === null ? '' : checkId(dataset.catalogueId));
  writer.hex(dataset.fingerprint);
  for (const key of COUNTS) writer.count(dataset[key]);
}

/** The result in a payload that may be anybody's: every field is checked, nothing may be left over. @throws InputError */
export function readBench(payload: Uint8Array): BenchResult {
  const reader = byteReader(payload, 'the result of a benchmark');
  const schema = reader.byte('its schema');
  if (schema > BENCH_SCHEMA) {
    throw new InputError(`this link was made by a newer Edgewise (schema ${schema} of results): open it there.`);
  }
  if (schema < BENCH_SCHEMA) throw reader.wrong('its schema');
  const suite = SUITE_NAMES[reader.byte('its suite')];
  if (!suite) throw reader.wrong('its suite');
  const engine = reader.text('its engine', WORD);
  const device = readDevice(reader);
  const at = reader.count('its time', LAST_MOMENT);
  const repetitions = reader.count('its repetitions', MOST_REPETITIONS, 1);
  const trained = BENCH_SUITES[suite].trains ? readTrained(reader) : null;
  const throttled = flag(reader, 'its warning');
  const drift = reader.float32('its drift');
  if (!(drift > 0 && drift < Infinity)) throw reader.wrong('its drift');
  const names = new Set<string>();
  const rows: ResultRow[] = [];
  for (let left = reader.count('the number of rows', MOST_ROWS); left > 0; left--) {
    const row = readRow(reader, suite);
    if (row.name === '' || names.has(row.name)) throw reader.wrong('the name of a row');
    names.add(row.name);
    rows.push(row);
  }
  reader.end();
  return { schema: BENCH_SCHEMA, suite, engine, device, at, repetitions, trained, rows, throttled, drift };
}

function readTrained(reader: ByteReader): { dataset: BenchDataset; config: Config } {
  const catalogueId = reader.text('its dataset', 64) || null;
  if (catalogueId !== null && !isCatalogueId(catalogueId)) throw reader.wrong('its dataset');
  const fingerprint = reader.hex('its fingerprint', HASH_BYTES);
  const [nodes, edges, features, classes] = COUNTS.map((key) => reader.count(`the number of ${key}`));
  const { config, fitted, events } = readSettings(reader);
  if (Object.keys(fitted).length > 0 || events.length > 0) throw reader.wrong('what was changed');
  return { dataset: { catalogueId, name: catalogueId ?? '', nodes, edges, features, classes, fingerprint }, config };
}

function readRow(reader: ByteReader, suite: BenchSuite): ResultRow {
  const name = reader.text('the name of a row', ROW_NAME);
  const note = reader.text('the note of a row', ROW_NOTE);
  const figures: Partial<Record<Measure, Figure>> = {};
  const measures: readonly Measure[] = BENCH_SUITES[suite].measures;
  for (let left = reader.count('the figures of a row', measures.length); left > 0; left--) {
    const measure = MEASURE_KEYS[reader.byte('a measure')];
    if (!measures.includes(measure) || figures[measure]) throw reader.wrong('a measure');
    const what = MEASURES[measure].title;
    const read = MEASURES[measure].unit === 'bytes' ? reader.count : reader.float32;
    const [median, lo, hi] = PARTS.map(() => read(what));
    if (wrongFigure(measure, { median, lo, hi })) throw reader.wrong(what);
    figures[measure] = figure(measure, { median, lo, hi });
  }
  return { name, note, figures };
}
