import type { ReactNode } from 'react';
import type { GraphStatistics } from '../../worker/protocol.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import classes from './Statistics.module.css';
import { degreeRange, type Row, shareRows } from './statisticsRows.ts';

interface StatisticsProps {
  readonly statistics: GraphStatistics;
  readonly classNames: readonly string[];
  /** Whether the edges of the graph have directions: then degrees count in-edges. */
  readonly directed: boolean;
  /** Instead of the homophily, where it was not counted. */
  readonly children?: ReactNode;
}

/** Classes on show; the rest is one line. */
const MOST_CLASSES = 12;

/** What a graph is like, in bars: degrees, classes, edges within a class, splits. */
export function Statistics({ statistics, classNames, directed, children }: StatisticsProps) {
  const { degrees, classes: balance, splits, homophily } = statistics;
  const [split] = splits;
  const nodes = degrees.bins.reduce((sum, n) => sum + n, 0);
  const byClass = balance.nodes.map((count, i) => [classNames[i] ?? `class ${i}`, count] as const);
  return (
    <div className={classes.statistics}>
      <Figure
        title={directed ? 'Nodes by in-degree' : 'Nodes by degree'}
        rows={shareRows(
          degrees.bins.map((count, bin) => [degreeRange(bin), count]),
          nodes,
        )}
      >
        Mean {degrees.mean.toFixed(2)}, median {formatCount(degrees.median)}, largest {formatCount(degrees.largest)}.
      </Figure>
      {classNames.length > 0 && (
        <Figure title="Nodes by class" rows={shareRows(byClass.slice(0, MOST_CLASSES), nodes)}>
          {byClass.length > MOST_CLASSES && `and ${formatCount(byClass.length - MOST_CLASSES)} more classes. `}
          {balance.unlabelled > 0 && `${formatCount(balance.unlabelled)} nodes have no class.`}
        </Figure>
      )}
      {homophily ? (
        <Figure
          title="Homophily"
          rows={[{ label: 'same class', share: homophily.edge, text: formatPercent(homophily.edge) }]}
        >
          {homophily.adjusted !== null &&
            `Adjusted for the sizes of the classes: ${homophily.adjusted.toFixed(2)} (0 is chance, 1 is every edge).`}
        </Figure>
      ) : (
        children && (
          <Figure title="Homophily" rows={[]}>
            {children}
          </Figure>
        )
      )}
      {split && (
        <Figure
          title={splits.length > 1 ? `First of ${splits.length} splits` : 'Split'}
          rows={shareRows(
            [
              ['train', split.train],
              ['validation', split.validation],
              ['test', split.test],
            ],
            nodes,
          )}
        />
      )}
    </div>
  );
}

function Figure({ title, rows, children }: { title: string; rows: readonly Row[]; children?: ReactNode }) {
  return (
    <section className={classes.figure} aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {rows.map(({ label, share, text }) => (
          <li key={label}>
            <span className={classes.label} title={label}>
              {label}
            </span>
            <span className={classes.track}>
              <span className={classes.bar} style={{ width: `${100 * share}%` }} />
            </span>
            <span className={classes.value}>{text}</span>
          </li>
        ))}
      </ul>
      {children && <p>{children}</p>}
    </section>
  );
}
