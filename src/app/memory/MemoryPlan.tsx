import { UnstyledButton } from '@mantine/core';
import { memo, useId, useState } from 'react';
import type { Config } from '../../config/schema.ts';
import type { MemoryBytes } from '../../run/record.ts';
import type { ForecastView, MemoryView } from '../../worker/protocol.ts';
import { Help } from '../glossary/Help.tsx';
import { TERMS } from '../glossary/terms.ts';
import { formatBytes } from '../theme/format.ts';
import { Popover } from '../theme/Popover.tsx';
import { BudgetSlider } from './BudgetSlider.tsx';
import { budgetRange } from './budgetScale.ts';
import type { BudgetKey } from './budgets.ts';
import {
  describeCapacity,
  describeChanges,
  describeStrategy,
  ledgerOf,
  purposesOn,
  withSeparators,
} from './describePlan.ts';
import { Kept } from './Kept.tsx';
import classes from './MemoryPlan.module.css';
import { Places } from './Places.tsx';
import { PlanCanvas } from './PlanCanvas.tsx';
import { PlanOverlay } from './PlanOverlay.tsx';
import { PlanTable } from './PlanTable.tsx';
import { PurposeLegend } from './PurposeLegend.tsx';
import { topOfScale } from './planGeometry.ts';

export interface MemoryPlanProps {
  /** Null until there is one; the last one stays while nothing fits. */
  readonly forecast: ForecastView | null;
  /** Why there is no plan for what is asked for, in one sentence. */
  readonly refusal: string | null;
  /** What is held now; null before the first run. */
  readonly memory: MemoryView | null;
  /** The most that the run, or the last one, held. */
  readonly peak: MemoryBytes | null;
  readonly running: boolean;
  readonly budgets: Pick<Config, BudgetKey>;
  readonly onBudget: (key: BudgetKey, bytes: number) => void;
  /** What the same run takes without a budget. */
  readonly fullBatchBytes: number | null;
  /** Why the budget cannot be moved now; null where it can. */
  readonly locked?: string | null;
  readonly software: boolean;
  readonly backend: 'webgpu' | 'cpu';
}

/** The memory plan: how much there may be, what will lie where and when, and, while a run goes on, what does. */
export const MemoryPlan = memo(function MemoryPlan(props: MemoryPlanProps) {
  const { forecast, refusal, memory, running, budgets, onBudget, fullBatchBytes, backend, locked = null } = props;
  const budget = budgets['memory.gpuBudget'];
  const [chosen, setChosen] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [table, setTable] = useState(false);
  const tableId = useId();
  const ledger = forecast && ledgerOf(forecast, memory, backend);
  // After a run everything is given back: then the picture speaks of the next one.
  const live = running || (ledger?.held ?? 0) > 0;
  return (
    <section className={classes.plan} aria-label="Memory plan">
      <div className={classes.inner}>
        <BudgetSlider
          {...budgetRange(fullBatchBytes, budget)}
          value={budget}
          marks={
            fullBatchBytes === null
              ? []
              : [{ bytes: fullBatchBytes, label: `full plan ${formatBytes(fullBatchBytes)}` }]
          }
          onChange={(bytes) => onBudget('memory.gpuBudget', bytes)}
          disabled={locked}
        />
        <Headline forecast={forecast} refusal={refusal} />
        {forecast && ledger ? (
          <div className={classes.body}>
            <PlanCanvas
              picture={forecast.picture}
              top={topOfScale(forecast.picture.bytes, budget, fullBatchBytes)}
              purpose={hovered ?? chosen}
              stale={refusal !== null}
            >
              {(layout) => (
                <PlanOverlay
                  layout={layout}
                  picture={forecast.picture}
                  ledger={{ ...ledger, held: live ? (ledger.held ?? 0) : null }}
                  running={running}
                  budget={budget}
                  unlimited={fullBatchBytes}
                  refused={refusal !== null}
                />
              )}
            </PlanCanvas>
            <div className={classes.legend}>
              <PurposeLegend
                purposes={purposesOn(backend, forecast)}
                peak={ledger.expected}
                held={live && memory ? memory.purposes : null}
                highlighted={chosen}
                onHighlight={setChosen}
                onHover={setHovered}
              />
            </div>
          </div>
        ) : (
          <div className={classes.empty}>{refusal === null && 'The plan appears as soon as a graph is there.'}</div>
        )}
        {(forecast || refusal !== null) && (
          <Places
            forecast={forecast?.memory ?? null}
            held={live ? memory : null}
            peak={props.peak}
            budgets={budgets}
            onBudget={onBudget}
            disabled={locked}
          />
        )}
        {!live && <Kept />}
        {forecast && (
          <p className={classes.fine}>
            {backend === 'cpu'
              ? 'No GPU is used here: the CPU executor lays the same plan in main memory, without read-back and dispatch parameters. '
              : props.software
                ? 'This adapter is software: its buffers lie in main memory, and are counted in the same way. '
                : ''}
            Counts every buffer that Edgewise creates, to the byte. What the browser and the driver take for themselves
            is not visible to a page.{' '}
            <UnstyledButton
              className={classes.toggle}
              aria-expanded={table}
              aria-controls={tableId}
              onClick={() => setTable(!table)}
            >
              {table ? 'Hide the table' : 'Show as a table'}
            </UnstyledButton>
          </p>
        )}
        <div id={tableId}>{table && forecast && <PlanTable picture={forecast.picture} />}</div>
      </div>
    </section>
  );
});

/** What runs and why, in one line; or why nothing does. */
function Headline({ forecast, refusal }: { forecast: ForecastView | null; refusal: string | null }) {
  if (refusal !== null) {
    return (
      <p className={classes.refusal} role="alert">
        {withSeparators(refusal)}
      </p>
    );
  }
  if (!forecast) return null;
  const changes = describeChanges(forecast);
  return (
    <div className={classes.headline}>
      <p>
        <b>{describeStrategy(forecast)}</b>
        <Help about="the memory plan">
          <p>
            Height is bytes, time runs from left to right: each block is a value, as long as it is needed. {TERMS.peak}
          </p>
          <p>
            <b>Slot.</b> {TERMS.slot} Hatched room in a slot is not used at that time.
          </p>
          <p>
            <b>Activations.</b> {TERMS.activations} They come and go, so they share slots; weights and the graph stay.
          </p>
        </Help>
      </p>
      <p className={classes.second}>
        {describeCapacity(forecast) || 'A block is a value: as high as its bytes, as long as it is needed.'}{' '}
        {changes.length > 0 && <Changes changes={changes} />}
      </p>
      {forecast.notes.map((note) => (
        <p key={note} className={classes.note}>
          {withSeparators(note)}
        </p>
      ))}
    </div>
  );
}

/** What the fitter changed, one click away. */
function Changes({ changes }: { changes: readonly string[] }) {
  return (
    <Popover
      label="Changed to fit"
      width={300}
      button={(opens) => (
        <UnstyledButton className={classes.toggle} {...opens}>
          {changes.length === 1 ? 'One setting' : `${changes.length} settings`} changed to fit
        </UnstyledButton>
      )}
    >
      <ul className={classes.changes}>
        {changes.map((change) => (
          <li key={change}>{change}</li>
        ))}
      </ul>
    </Popover>
  );
}
