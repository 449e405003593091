import {
  BENCH_SUITES,
  type BenchSuite,
  type Figure,
  MEASURES,
  type Measure,
  throttleWarning,
} from '../../run/benchResult.ts';
import { TableSection } from '../inspect/TableSection.tsx';
import { RUN_COLORS } from '../theme/palette.ts';
import { AgainstMemory } from './AgainstMemory.tsx';
import { Bars } from './Bars.tsx';
import classes from './Bench.module.css';
import { csvRows, deviceText, formatFigure, measuresOf, onProcessor, shortName, trainedText } from './benchText.ts';
import type { KeptBenchmark } from './keptBenchmarks.ts';

interface DrawnProps {
  readonly suite: BenchSuite;
  /** Of that suite. */
  readonly list: readonly KeptBenchmark[];
}

/** The results that are ticked: GPUs in one picture, what runs on the processor in another. */
export function Drawn({ suite, list }: DrawnProps) {
  const groups = [
    ['GPUs', list.filter(({ result }) => !onProcessor(result.device))],
    [
      'Software adapters and the CPU: not to be compared with a GPU',
      list.filter(({ result }) => onProcessor(result.device)),
    ],
  ] as const;
  return groups.map(([title, members]) =>
    members.length > 0 ? <Group key={title} title={title} suite={suite} list={members} /> : null,
  );
}

function Group({ title, suite, list }: DrawnProps & { readonly title: string }) {
  const colored = list.map((kept, i) => ({ kept, color: RUN_COLORS[i % RUN_COLORS.length] }));
  return (
    <section className={classes.drawn} aria-label={`${BENCH_SUITES[suite].title}: ${title}`}>
      <h3>{title}</h3>
      <ul className={classes.legend}>
        {colored.map(({ kept, color }) => (
          <li key={kept.id}>
            <span className={classes.swatch} style={{ background: color }} />
            <b>{shortName(kept)}</b>
            {!kept.mine && ', unverified'}:{' '}
            {[trainedText(kept.result), deviceText(kept.result.device)].filter(Boolean).join(', ')}
          </li>
        ))}
      </ul>
      {list.map((kept) => {
        const warning = throttleWarning(kept.result);
        return warning ? (
          <p key={kept.id} className={classes.warning}>
            {shortName(kept)}: {warning}
          </p>
        ) : null;
      })}
      <div className={classes.charts}>
        {suite === 'budgets' ? <Curves list={colored} /> : <Pictures suite={suite} list={colored} />}
      </div>
      <Numbers suite={suite} list={list} />
    </section>
  );
}

type Colored = readonly { readonly kept: KeptBenchmark; readonly color: string }[];

/** Names of rows, in the order in which they come first. */
const namesOf = (list: readonly KeptBenchmark[]) => [
  ...new Set(list.flatMap(({ result }) => result.rows.map(({ name }) => name))),
];

const figureOf = ({ result }: KeptBenchmark, name: string, measure: Measure): Figure | undefined =>
  result.rows.find((row) => row.name === name)?.figures[measure];

/** What is drawn as bars. */
const BARS: Readonly<
  Record<Exclude<BenchSuite, 'budgets'>, readonly (readonly [Measure, string, 'log' | 'linear'])[]>
> = {
  ladder: [
    ['training', 'Training, per epoch', 'log'],
    ['peak', 'Peak memory', 'log'],
  ],
  kernels: [['share', 'Share of the ceiling of this device', 'linear']],
};

function Pictures({ suite, list }: { readonly suite: Exclude<BenchSuite, 'budgets'>; readonly list: Colored }) {
  const names = namesOf(list.map(({ kept }) => kept));
  return BARS[suite].map(([measure, title, scale]) => (
    <Bars
      key={measure}
      title={title}
      unit={MEASURES[measure].unit}
      scale={scale}
      groups={names.map((name) => ({
        name,
        bars: list.flatMap(({ kept, color }) => {
          const figure = figureOf(kept, name, measure);
          return figure ? [{ key: String(kept.id), color, figure }] : [];
        }),
      }))}
    />
  ));
}

function Curves({ list }: { readonly list: Colored }) {
  const lines = (measures: readonly Measure[]) =>
    list.map(({ kept, color }) => ({
      key: String(kept.id),
      color,
      points: kept.result.rows.flatMap(({ name, figures }) => {
        const value = measures.map((measure) => figures[measure]).find((found) => found);
        return value && figures.plan ? [{ name, memory: figures.plan, value }] : [];
      }),
    }));
  return (
    <>
      <AgainstMemory title="Test score against memory" unit="fraction" lines={lines(['accuracy', 'rocAuc'])} />
      <AgainstMemory title="Time per epoch against memory" unit="ms" lines={lines(['epoch'])} />
    </>
  );
}

/** The numbers of the pictures, and of every measure. */
function Numbers({ suite, list }: DrawnProps) {
  const measures = measuresOf(list.map(({ result }) => result));
  const several = list.length > 1;
  const apart = onProcessor(list[0].result.device) ? ' on the processor' : '';
  const title = `${BENCH_SUITES[suite].title}${apart}, in numbers`;
  return (
    <TableSection
      title={title}
      help="Medians; small, the interval that holds the median with 95 %, or the extremes of fewer than six measurements."
      file={`edgewise-${suite}`}
      rows={() => csvRows(list)}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={classes.scroll} aria-label={`Rows: ${title}`} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{suite === 'ladder' ? 'rung' : suite === 'budgets' ? 'budget' : 'kernel'}</th>
              {several && <th scope="col">result</th>}
              {measures.map((measure) => (
                <th key={measure} scope="col" className={classes.number}>
                  {MEASURES[measure].title}
                </th>
              ))}
              <th scope="col">with</th>
            </tr>
          </thead>
          <tbody>
            {namesOf(list).flatMap((name) =>
              list.flatMap((kept) => {
                const row = kept.result.rows.find((one) => one.name === name);
                if (!row) return [];
                return (
                  <tr key={`${name} ${kept.id}`}>
                    <th scope="row">{name}</th>
                    {several && <td>{shortName(kept)}</td>}
                    {measures.map((measure) => (
                      <Cell key={measure} measure={measure} figure={row.figures[measure]} />
                    ))}
                    <td className={classes.note}>{row.note}</td>
                  </tr>
                );
              }),
            )}
          </tbody>
        </table>
      </section>
    </TableSection>
  );
}

function Cell({ measure, figure }: { readonly measure: Measure; readonly figure: Figure | undefined }) {
  if (!figure) return <td className={classes.number}>–</td>;
  const { median, interval } = formatFigure(measure, figure);
  return (
    <td className={classes.number}>
      {median}
      {interval && <small>{interval}</small>}
    </td>
  );
}
