import { memo } from 'react';
import type { DegreeBin } from '../../worker/judge.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { TableNote, TableSection } from './TableSection.tsx';
import classes from './Tables.module.css';

interface DegreeTableProps {
  readonly bins: readonly DegreeBin[];
  /** Of all nodes in the bins. */
  readonly accuracy: number;
  /** Of the download, without its ending. */
  readonly file: string;
}

/** Accuracy against degree, with 95 % intervals. */
export const DegreeTable = memo(function DegreeTable({ bins, accuracy, file }: DegreeTableProps) {
  const rows = () => [
    ['degree from', 'degree to', 'nodes', 'right', 'accuracy', 'low', 'high'],
    ...bins.map((bin) => [bin.from, bin.to, bin.nodes, bin.right, bin.accuracy, bin.low, bin.high]),
  ];
  return (
    <TableSection
      title="Accuracy by degree"
      help={
        'The share of right predictions among nodes with so many neighbours: other nodes, whichever way the edges between them ' +
        'go. The bar is where the true share lies with 95 % ' +
        'confidence (Wilson’s interval), wide where there are few nodes; the line is the accuracy of all.'
      }
      file={file}
      rows={rows}
    >
      {bins.length === 0 ? (
        <TableNote>There is no node to judge in this part of the split.</TableNote>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">neighbours</th>
              <th scope="col" className={classes.number}>
                nodes
              </th>
              <th scope="col" className={classes.number}>
                accuracy
              </th>
              <th scope="col" className={classes.plot}>
                <span className={classes.axis} aria-hidden>
                  <span>0 %</span>
                  <span>50 %</span>
                  <span>100 %</span>
                </span>
                <span className={classes.hidden}>95 % interval</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {bins.map((bin) => (
              <tr key={bin.from}>
                <th scope="row">{degrees(bin)}</th>
                <td className={classes.number}>{formatCount(bin.nodes)}</td>
                <td className={classes.number}>{formatPercent(bin.accuracy)}</td>
                <td className={classes.plot}>{bin.nodes > 0 && <Interval bin={bin} accuracy={accuracy} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </TableSection>
  );
});

const percent = (share: number) => `${100 * share}%`;

function Interval({ bin: { accuracy: own, low, high }, accuracy }: { bin: DegreeBin; accuracy: number }) {
  return (
    <span
      className={classes.interval}
      role="img"
      aria-label={`${formatPercent(low)} to ${formatPercent(high)}`}
      title={`${formatPercent(low)} to ${formatPercent(high)}`}
    >
      <span className={classes.all} style={{ left: percent(accuracy) }} />
      <span className={classes.bar} style={{ left: percent(low), width: percent(high - low) }} />
      <span className={classes.dot} style={{ left: percent(own) }} />
    </span>
  );
}

function degrees({ from, to }: DegreeBin): string {
  return from === to ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;
}
