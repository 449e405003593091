import { type CSSProperties, type KeyboardEvent, memo, useRef, useState } from 'react';
import { formatCount, formatPercent } from '../theme/format.ts';
import classes from './ConfusionGrid.module.css';
import { name } from './names.ts';
import { TableNote, TableSection } from './TableSection.tsx';

/** A cell: nodes of one class that were taken for another, or for their own. */
export interface Cell {
  readonly truth: number;
  readonly taken: number;
}

export interface ConfusionGridProps {
  readonly names: readonly string[];
  /** classes × classes, true classes in rows. */
  readonly confusion: Uint32Array;
  /** Of the download, without its ending. */
  readonly file: string;
  readonly chosen: Cell | null;
  /** Without, cells cannot be chosen. */
  readonly onChoose?: (cell: Cell | null) => void;
}

/** A larger one is more than anybody reads; the table of a finished run ends here too. */
const MOST = 64;

const STEPS: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The confusion matrix. One cell is in the order of the Tab key; arrows go on from there, to the next cell that has nodes. */
export const ConfusionGrid = memo(function ConfusionGrid(props: ConfusionGridProps) {
  const { names, confusion, file, chosen, onChoose } = props;
  const count = names.length;
  const place = useRef<HTMLTableElement>(null);
  const [reached, setReached] = useState(0);
  const all = Array.from(names, (_, c) => c);
  const rows = () => [
    ['true class', ...names.map((predicted) => `predicted ${predicted}`)],
    ...names.map((own, truth) => [own, ...confusion.subarray(truth * count, (truth + 1) * count)]),
  ];
  const first = confusion.findIndex((nodes) => nodes > 0);
  const entry = confusion[reached] > 0 ? reached : first;

  const focusOn = (at: number) => place.current?.querySelector<HTMLElement>(`[data-at="${at}"]`)?.focus();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onChoose?.(null);
    const step = STEPS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    let [row, column] = [Math.floor(entry / count) + step[0], (entry % count) + step[1]];
    while (row >= 0 && column >= 0 && row < count && column < count) {
      const at = row * count + column;
      if (confusion[at] > 0) {
        setReached(at);
        focusOn(at);
        return;
      }
      row += step[0];
      column += step[1];
    }
  };

  return (
    <TableSection
      title="Confusion matrix"
      help={
        'Each row is a true class, each column what its nodes were taken for; the diagonal is right. A cell is shaded by its ' +
        `share of the row${onChoose ? ', and a click on it shows its nodes in the graph' : ''}.`
      }
      file={file}
      rows={rows}
      action={
        chosen && (
          <button
            type="button"
            className={classes.clear}
            onClick={() => {
              // The button goes with what it clears.
              focusOn(entry);
              onChoose?.(null);
            }}
          >
            Show all nodes
          </button>
        )
      }
    >
      {count > MOST ? (
        <TableNote>
          {formatCount(count)} classes are too many to be drawn side by side: the download has all of them.
        </TableNote>
      ) : (
        <section
          className={classes.scroll}
          aria-label="True classes against predicted ones"
          tabIndex={onChoose ? undefined : 0}
        >
          <table ref={place} className={classes.grid}>
            <thead>
              <tr>
                <th scope="col" className={classes.corner}>
                  true ↓ predicted →
                </th>
                {all.map((taken) => (
                  <th key={taken} scope="col" className={classes.column} title={name(names, taken)}>
                    <span>{name(names, taken)}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {all.map((truth) => {
                const row = confusion.subarray(truth * count, (truth + 1) * count);
                const support = row.reduce((sum, nodes) => sum + nodes, 0);
                return (
                  <tr key={truth}>
                    <th scope="row" title={name(names, truth)}>
                      {name(names, truth)}
                    </th>
                    {all.map((taken) => {
                      const nodes = row[taken];
                      if (nodes === 0) {
                        return (
                          <td key={taken} className={classes.none}>
                            0
                          </td>
                        );
                      }
                      const share = nodes / support;
                      const about = `${formatCount(nodes)}, ${formatPercent(share)} of ${name(names, truth)}, predicted ${name(names, taken)}`;
                      const style = { '--shade': `${Math.round(8 + 44 * share)}%` } as CSSProperties;
                      const shown = chosen?.truth === truth && chosen.taken === taken;
                      const at = truth * count + taken;
                      return (
                        <td
                          key={taken}
                          className={classes.some}
                          data-right={truth === taken || undefined}
                          style={style}
                        >
                          {onChoose ? (
                            <button
                              type="button"
                              data-at={at}
                              tabIndex={at === entry ? 0 : -1}
                              aria-pressed={shown}
                              aria-label={about}
                              title={about}
                              onFocus={() => setReached(at)}
                              onKeyDown={onKeyDown}
                              onClick={() => onChoose(shown ? null : { truth, taken })}
                            >
                              {formatCount(nodes)}
                            </button>
                          ) : (
                            <span title={about}>{formatCount(nodes)}</span>
                          )}
                        </td>
                      );
                    })}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
    </TableSection>
  );
});
