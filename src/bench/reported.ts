import { InputError } from '../config/errors.ts';
import { resolveConfig } from '../config/resolve.ts';
import { fingerprint } from '../graph/fingerprint.ts';
import {
  BENCH_SUITES,
  type BenchResult,
  type BenchSuite,
  type Figure,
  MEASURES,
  type Measure,
  throttleWarning,
} from '../run/benchResult.ts';
import { shortHash } from '../run/linkNames.ts';
import { type BenchRequest, runSuite } from './portable.ts';
import type { BenchContext, BenchRow, Suite, Table } from './suite.ts';

/** A suite that trains and that the page runs too, on the command line: on every backend, as rows, ratios and tables. */
export function reported(suite: Exclude<BenchSuite, 'kernels'>): Suite {
  return async (context) => {
    const results: BenchResult[] = [];
    for (const backend of context.backends) {
      results.push(await onBackend(suite, context, backend));
    }
    if (results.length === 0) throw new InputError(`bench ${suite}: there is no device to run on.`);
    const rows = results.flatMap(rowsOf);
    return {
      device: results[0].device,
      rows,
      ratios: Object.assign({}, ...results.map(ratiosOf)),
      tables: results.map(tableOf),
      results,
      notes: results.flatMap(notesOf),
    };
  };
}

async function onBackend(
  suite: Exclude<BenchSuite, 'kernels'>,
  { asked, graph, catalogueId, repetitions, quick, progress }: BenchContext,
  backend: BenchContext['backends'][number],
): Promise<BenchResult> {
  const { data = 'debian-small', preset } = asked;
  const { epochs, repetitions: usual } = BENCH_SUITES[suite];
  const fewer = quick ? 5 : epochs;
  const source = await graph(data);
  const { config } = resolveConfig({
    preset,
    dataset: data,
    multiLabel: source.labelSets !== null,
    sets: [...(fewer === null ? [] : [`training.epochs=${fewer}`]), ...asked.sets],
  });
  const { name, nodes, edges, features, classNames } = source;
  const dataset = {
    catalogueId: catalogueId?.(data) ?? null,
    ...{ name, nodes, edges, features: features.cols, classes: classNames.length },
    fingerprint: shortHash(await fingerprint(source))!,
  };
  let told = '';
  const request: BenchRequest = {
    backend,
    config,
    repetitions: repetitions ?? (quick ? 1 : usual),
    job: (config) => ({ graph: source, config, backend }),
    progress(_, __, doing) {
      if (doing !== told) progress(`${suite} (${backend.kind}): ${doing}`);
      told = doing;
    },
  };
  return runSuite(suite, request, dataset);
}

const measuresOf = ({ suite, rows }: BenchResult): readonly Measure[] =>
  BENCH_SUITES[suite].measures.filter((measure) => rows.some(({ figures }) => figures[measure]));

/** For machines: a row for each figure. */
function rowsOf(result: BenchResult): BenchRow[] {
  const { backend } = result.device;
  return result.rows.flatMap(({ name, figures }) =>
    measuresOf(result).flatMap((measure) => {
      const found = figures[measure];
      const { title, unit } = MEASURES[measure];
      return found ? [{ name: `${name}, ${backend}: ${title}`, unit, ...found }] : [];
    }),
  );
}

/** Times and bytes of every row in those of the first, where that could be run. */
function ratiosOf({ suite, device, rows: [base, ...others] }: BenchResult): Record<string, number> {
  const measures = BENCH_SUITES[suite].measures.filter((measure) => isCost(measure));
  return Object.fromEntries(
    others.flatMap(({ name, figures }) =>
      measures.flatMap((measure) => {
        const [own, first] = [figures[measure], base.figures[measure]];
        const key = `${name}, ${device.backend}: ${MEASURES[measure].title} / ${base.name}`;
        return own && first ? [[key, own.median / first.median]] : [];
      }),
    ),
  );
}

const isCost = (measure: Measure) => MEASURES[measure].unit === 'ms' || MEASURES[measure].unit === 'bytes';

export function tableOf(result: BenchResult): Table {
  const { suite, device, trained, repetitions, rows } = result;
  const measures = measuresOf(result);
  const [base] = rows;
  const against = (measure: Measure, own: Figure | undefined) => {
    const first = base.figures[measure];
    return own && first ? (own.median / first.median).toPrecision(3) : '';
  };
  const about = trained
    ? [trained.dataset.name, trained.config['model.kind'], `${trained.config['training.epochs']} epochs`]
    : [];
  const on = `on ${device.description}${device.software ? ' (software)' : ''}`;
  return {
    title: [BENCH_SUITES[suite].title, ...about, repetitions === 1 ? 'once' : `${repetitions} times in turns`, on].join(
      ', ',
    ),
    columns: [
      suite,
      ...measures.flatMap((measure) => {
        const { title, unit } = MEASURES[measure];
        return [unit === 'ms' || unit === 'bytes' ? `${title}, ${unit}` : title, ...(isCost(measure) ? ['×'] : [])];
      }),
      'settings',
    ],
    rows: rows.map(({ name, note, figures }) => [
      name,
      ...measures.flatMap((measure) => [
        figureText(figures[measure]),
        ...(isCost(measure) ? [against(measure, figures[measure])] : []),
      ]),
      note,
    ]),
  };
}

/** `12.34 [12.01, 13.5]`; one number where all were the same. */
function figureText(figure: Figure | undefined): string {
  if (!figure) return '';
  const { median, lo, hi } = figure;
  const text = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(4));
  return lo === hi ? text(median) : `${text(median)} [${text(lo)}, ${text(hi)}]`;
}

function notesOf(result: BenchResult): string[] {
  const refused = result.rows.filter(({ figures }) => Object.keys(figures).length === 0);
  const warning = throttleWarning(result);
  return [
    ...refused.map(({ name, note }) => `${name}, ${result.device.backend}: ${note}`),
    ...(warning ? [warning] : []),
  ];
}
