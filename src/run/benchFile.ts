import { InputError } from '../config/errors.ts';
import { parseConfig, quote } from '../config/parse.ts';
import { type Config, DEFAULTS } from '../config/schema.ts';
import {
  BENCH_SCHEMA,
  BENCH_SUITES,
  type BenchDataset,
  type BenchResult,
  type BenchSuite,
  type Figure,
  figure,
  MEASURES,
  type Measure,
  MOST_REPETITIONS,
  type ResultRow,
  SUITE_NAMES,
  wrongFigure,
} from './benchResult.ts';
import { deviceFrom, Fields, parseJson } from './codec.ts';
import { cleanText } from './linkBytes.ts';
import { isCatalogueId, shortHash } from './linkNames.ts';

/** Results of benchmarks as a file: a list in JSON, one for each device. Every field is checked on the way in. */

/** Results in one file, and rows in one of them: far more than any suite gives. */
const MOST_RESULTS = 200;
export const MOST_ROWS = 400;

/** Longest name and note of a row, and engine, in UTF-16 units. */
export const ROW_NAME = 80;
export const ROW_NOTE = 300;
export const WORD = 40;

/** The last day that a Date can tell. */
export const LAST_MOMENT = 8.64e15;

export function encodeResults(results: readonly BenchResult[]): string {
  return JSON.stringify(results);
}

/** The results in a file that may be anybody's. @throws InputError that names `where` and the field that is wrong */
export function decodeResults(text: string, where: string): BenchResult[] {
  const value = parseJson(text, where, 'choose what npm run bench -- ladder --json printed, or what this page saved');
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > MOST_RESULTS) {
    throw new InputError(`${where}: ${list.length} results are not 1 to ${MOST_RESULTS}: choose another file.`);
  }
  return list.map((item, i) => resultFrom(new Fields(item, where, list.length > 1 ? `[${i}]` : ''), where));
}

function resultFrom(fields: Fields, where: string): BenchResult {
  const schema = fields.raw('schema');
  if (schema !== BENCH_SCHEMA) {
    const advice = typeof schema === 'number' && schema > BENCH_SCHEMA ? 'use a newer Edgewise' : 'run it again';
    throw new InputError(`${where}: schema ${quote(String(schema))} of a benchmark is not ${BENCH_SCHEMA}; ${advice}.`);
  }
  const named = fields.string('suite');
  const suite = SUITE_NAMES.find((known) => known === named);
  if (!suite) throw fields.wrong('suite', SUITE_NAMES.join(', '));
  const trains = BENCH_SUITES[suite].trains;
  if (trains === (fields.raw('trained') === null)) {
    throw fields.wrong('trained', trains ? 'what was trained' : 'null, for nothing is trained');
  }
  const repetitions = fields.count('repetitions');
  if (repetitions < 1 || repetitions > MOST_REPETITIONS) throw fields.wrong('repetitions', `1 to ${MOST_REPETITIONS}`);
  const at = fields.count('at');
  if (at > LAST_MOMENT) throw fields.wrong('at', 'milliseconds since 1970');
  const drift = fields.figure('drift');
  if (!(drift > 0 && drift < Infinity)) throw fields.wrong('drift', 'a number over 0');
  return {
    schema: BENCH_SCHEMA,
    suite,
    engine: cleanText(fields.string('engine'), WORD),
    device: deviceOf(fields.object('device')),
    at,
    repetitions,
    trained: trains ? trainedFrom(fields.object('trained'), where) : null,
    rows: rowsFrom(fields, suite),
    throttled: fields.boolean('throttled'),
    drift: Math.fround(drift),
  };
}

function deviceOf(fields: Fields): BenchResult['device'] {
  const read = deviceFrom(fields);
  // What runs on the processor and calls itself a GPU would be ranked among them.
  if (read.backend === 'cpu' && !read.software) throw fields.wrong('software', 'true on the CPU');
  const [vendor, architecture, description] = [read.vendor, read.architecture, read.description].map((text) =>
    cleanText(text, 120),
  );
  return { ...read, vendor, architecture, description };
}

function trainedFrom(fields: Fields, where: string): { dataset: BenchDataset; config: Config } {
  const dataset = fields.object('dataset');
  const id = dataset.raw('catalogueId');
  const catalogueId = id === null ? null : dataset.string('catalogueId');
  if (catalogueId !== null && !isCatalogueId(catalogueId)) throw dataset.wrong('catalogueId', 'the name of a dataset');
  const fingerprint = shortHash(dataset.string('fingerprint'));
  if (!fingerprint) throw dataset.wrong('fingerprint', 'a hash');
  return {
    dataset: {
      catalogueId,
      name: cleanText(dataset.string('name'), ROW_NAME),
      nodes: dataset.count('nodes'),
      edges: dataset.count('edges'),
      features: dataset.count('features'),
      classes: dataset.count('classes'),
      fingerprint,
    },
    config: { ...DEFAULTS, ...parseConfig(fields.raw('config'), where) },
  };
}

function rowsFrom(fields: Fields, suite: BenchSuite): ResultRow[] {
  const list = fields.list('rows', MOST_ROWS);
  const names = new Set<string>();
  return list.map((row) => {
    const name = cleanText(row.string('name'), ROW_NAME);
    if (name === '' || names.has(name)) throw row.wrong('name', 'a name that no other row has');
    names.add(name);
    const figures = row.object('figures');
    const measures: readonly Measure[] = BENCH_SUITES[suite].measures;
    const read = measures
      .filter((measure) => figures.has(measure))
      .map((measure): [Measure, Figure] => {
        const fields = figures.object(measure);
        const said = { median: fields.figure('median'), lo: fields.figure('lo'), hi: fields.figure('hi') };
        const wrong = wrongFigure(measure, said);
        if (wrong) throw figures.wrong(measure, `${MEASURES[measure].title}, ${wrong}`);
        return [measure, figure(measure, said)];
      });
    return { name, note: cleanText(row.string('note'), ROW_NOTE), figures: Object.fromEntries(read) };
  });
}
