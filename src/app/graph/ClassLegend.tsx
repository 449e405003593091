import { type CSSProperties, useMemo, useState } from 'react';
import type { GraphView } from '../../worker/protocol.ts';
import { formatCount, formatPercent } from '../theme/format.ts';
import { classColor } from '../theme/palette.ts';
import classes from './ClassLegend.module.css';
import { type ClassScore, classScores, type Share } from './classScores.ts';
import { className } from './nodeText.ts';

export interface ClassLegendProps {
  readonly graph: GraphView;
  readonly predictions: Uint16Array | null;
  /** Index into graph.splits. */
  readonly split: number;
  /** Colours are those of classes; without, the list is about classes all the same, and its swatches are hollow. */
  readonly coloured: boolean;
  /** The class that is pointed at, or null. */
  readonly onHighlight: (index: number | null) => void;
}

/** Far more classes than a list is good for; a file may name any number. */
const MOST = 200;

/**
 * Classes with their colours, sizes and, once there are predictions, the share of test nodes that they get right; not where
 * nodes have several labels, of which the page knows the strongest alone.
 */
export function ClassLegend({ graph, predictions: known, split, coloured, onHighlight }: ClassLegendProps) {
  const predictions = graph.labelSets ? null : known;
  const [pinned, setPinned] = useState<number | null>(null);
  const codes = graph.splits[split] ?? null;
  const count = graph.classNames.length;
  const scores = useMemo(() => classScores(count, graph, predictions, codes), [count, graph, predictions, codes]);
  const pin = (index: number) => {
    const next = pinned === index ? null : index;
    setPinned(next);
    onHighlight(next);
  };
  return (
    <div
      className={classes.legend}
      data-coloured={coloured || undefined}
      data-scored={predictions !== null || undefined}
    >
      <div className={classes.head} aria-hidden>
        <span />
        <span>class</span>
        <span>nodes</span>
        {predictions && <span>test acc.</span>}
      </div>
      <ul className={classes.list} aria-label="Classes">
        {scores.slice(0, MOST).map((score, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a class is its index; names may repeat.
          <li key={index}>
            <button
              type="button"
              className={classes.row}
              aria-pressed={pinned === index}
              title={titleOf(className(graph, index), score, predictions !== null)}
              onPointerEnter={() => onHighlight(index)}
              onPointerLeave={() => onHighlight(pinned)}
              onFocus={() => onHighlight(index)}
              onBlur={() => onHighlight(pinned)}
              onClick={() => pin(index)}
            >
              <span className={classes.swatch} style={{ '--swatch': classColor(index) } as CSSProperties} />
              <span className={classes.name}>{className(graph, index)}</span>
              <span className={classes.figure}>{formatCount(score.nodes)}</span>
              {predictions && <span className={classes.figure}>{formatPercent(accuracy(score.test))}</span>}
            </button>
          </li>
        ))}
      </ul>
      {count > MOST && <p className={classes.more}>and {formatCount(count - MOST)} more classes</p>}
    </div>
  );
}

/** NaN, which is written as a dash, where there is nothing to judge. */
function accuracy({ right, of }: Share): number {
  return of === 0 ? Number.NaN : right / of;
}

function titleOf(name: string, { nodes, validation, test }: ClassScore, scored: boolean): string {
  if (!scored) return `${name}: ${formatCount(nodes)} nodes`;
  const share = (part: string, { right, of }: Share) =>
    `${formatCount(right)} of ${formatCount(of)} ${part} nodes right`;
  return `${name}: ${share('test', test)}, ${share('validation', validation)}`;
}
