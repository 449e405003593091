import type { PlanPicture } from '../../worker/protocol.ts';
import { formatBytes } from '../theme/format.ts';
import { shortBudget } from './budgetScale.ts';
import { bytesText, describeLedger } from './describePlan.ts';
import classes from './PlanOverlay.module.css';
import type { PlanLayout } from './planGeometry.ts';

interface PlanOverlayProps {
  readonly layout: PlanLayout;
  readonly picture: PlanPicture;
  /** What the ledger holds and what it ought to hold in the end; `held` is null while there is no run. */
  readonly ledger: { readonly held: number | null; readonly expected: number };
  readonly running: boolean;
  /** Bytes; 0 is no limit. */
  readonly budget: number;
  readonly unlimited: number | null;
  readonly refused: boolean;
}

/** Routines that every epoch goes through; the others only now and then. */
const PER_EPOCH = /^(train|evaluate(\.\d+)?)$/;

/**
 * The lines over the picture and the gauge beside it: elements that the compositor moves, so that a running level costs no
 * drawing.
 */
export function PlanOverlay({ layout, picture, ledger, running, budget, unlimited, refused }: PlanOverlayProps) {
  const { height, top } = layout;
  const yOf = (bytes: number) => height * (1 - bytes / top);
  const { held, expected } = ledger;
  const met = held === expected;
  const cycle = layout.routines.filter(({ name }) => PER_EPOCH.test(name));
  const cycleWidth = cycle.reduce((sum, { width }) => sum + width, 0);
  return (
    <>
      {held !== null && running && (
        <div className={classes.veil} style={{ top: yOf(expected), height: height - yOf(expected) }}>
          <div style={{ transform: `scaleY(${Math.max(0, 1 - held / expected)})` }} />
        </div>
      )}
      {running && cycleWidth > 0 && (
        <div className={classes.sweep} style={{ top: yOf(picture.bytes), left: cycle[0].x, width: cycleWidth }}>
          <div className={classes.playhead} />
        </div>
      )}
      {unlimited !== null && unlimited > picture.bytes && unlimited <= top && (
        <Line
          y={yOf(unlimited)}
          styles={[classes.whole, classes.ghost]}
          label={`full plan ${formatBytes(unlimited)}`}
          title={`${bytesText(unlimited)} without a limit`}
        />
      )}
      <BudgetLine budget={budget} y={yOf(budget)} />
      {!refused && (
        <Line
          y={yOf(expected)}
          styles={['', met ? `${classes.peak} ${classes.met}` : classes.peak]}
          label={describeLedger(held, expected)}
          title="all planned buffers together"
        />
      )}
      <div className={classes.gauge} data-met={met || undefined} style={{ left: layout.width + 10, height }}>
        <div className={classes.planned} style={{ top: yOf(expected) }} />
        <div className={classes.fill} style={{ transform: `scaleY(${Math.min(1, (held ?? 0) / top)})` }} />
      </div>
      {held !== null && held > 0 && (
        <div
          className={classes.level}
          data-met={met || undefined}
          style={{ transform: `translateY(${yOf(Math.min(top, held))}px)` }}
        />
      )}
    </>
  );
}

/** The limit, to scale where it is in view; otherwise an arrow to where it lies. */
function BudgetLine({ budget, y }: { budget: number; y: number }) {
  if (budget === 0) return null;
  const label = `budget ${shortBudget(budget)}`;
  if (y >= -1) return <Line y={y} styles={[classes.limit, classes.budget]} label={label} title={bytesText(budget)} />;
  return (
    <div className={classes.beyond} title={bytesText(budget)}>
      ↑ {label}
    </div>
  );
}

interface LineProps {
  readonly y: number;
  readonly label: string;
  readonly title: string;
  /** Of the line and of its label. */
  readonly styles: readonly [string, string];
}

function Line({ y, label, title, styles: [line, text] }: LineProps) {
  return (
    <div className={`${classes.line} ${line}`} style={{ top: y }}>
      <span className={`${classes.label} ${text}`} title={title}>
        {label}
      </span>
    </div>
  );
}
