import { memo } from 'react';
import type { Report } from '../../worker/judge.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { classColor } from '../theme/palette.ts';
import { name } from './names.ts';
import { TableSection } from './TableSection.tsx';
import classes from './Tables.module.css';

interface ClassTableProps {
  readonly names: readonly string[];
  readonly report: Report;
  /** Of the download, without its ending. */
  readonly file: string;
}

const COLUMNS = ['precision', 'recall', 'F1', 'nodes', 'predicted'] as const;

/** Precision, recall and F1 of each class, and of all together. */
export const ClassTable = memo(function ClassTable({ names, report, file }: ClassTableProps) {
  const each = report.classes.map(
    ({ precision, recall, f1, support, predicted }, c) =>
      [name(names, c), precision, recall, f1, support, predicted] as const,
  );
  const { macroPrecision, macroRecall, macroF1, microPrecision, microRecall, microF1, nodes } = report;
  const predicted = report.classes.reduce((sum, one) => sum + one.predicted, 0);
  const together = [
    ['macro mean', macroPrecision, macroRecall, macroF1, nodes, predicted],
    ['micro mean', microPrecision, microRecall, microF1, nodes, predicted],
  ] as const;
  return (
    <TableSection
      title="Scores per class"
      help={
        'Precision: of the nodes that were taken for a class, the share that is of it. Recall: of the nodes of a class, the ' +
        'share that was taken for it. F1 is their harmonic mean. A class that is neither there nor predicted has none, and is ' +
        'left out of the macro mean, in which all classes count alike; in the micro mean all nodes do.'
      }
      file={file}
      rows={() => [
        ['class', 'precision', 'recall', 'f1', 'nodes', 'predicted'],
        ...each.map(([, ...scores], c) => [names[c], ...scores]),
        ...together,
      ]}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={classes.scroll} aria-label="Precision, recall and F1 of each class" tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">class</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" className={classes.number}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {each.map((row, c) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a class is its index; names may repeat.
              <Row key={c} row={row} color={classColor(c)} />
            ))}
          </tbody>
          <tfoot>
            {together.map((row) => (
              <Row key={row[0]} row={row} color={null} />
            ))}
          </tfoot>
        </table>
      </section>
    </TableSection>
  );
});

type Scores = readonly [string, number, number, number, number, number];

function Row({ row: [title, precision, recall, f1, nodes, predicted], color }: { row: Scores; color: string | null }) {
  return (
    <tr>
      <th scope="row">
        {color && <span className={classes.swatch} style={{ background: color }} />}
        {title}
      </th>
      {[precision, recall, f1].map((share, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns
        <td key={i} className={classes.number}>
          {formatPercent(share)}
        </td>
      ))}
      <td className={classes.number}>{formatCount(nodes)}</td>
      <td className={classes.number}>{formatCount(predicted)}</td>
    </tr>
  );
}
