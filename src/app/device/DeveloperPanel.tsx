import { Button, UnstyledButton } from '@mantine/core';
import { Fragment, useEffect, useState } from 'react';
import type { DispatchView, KernelTime } from '../../worker/protocol.ts';
import { loadPlan, loseDevice, profileNextEpoch } from '../state/developerActions.ts';
import { isActive } from '../state/run.ts';
import { usePage } from '../state/store.ts';
import { formatBytes, formatCount } from '../theme/format.ts';
import classes from './DeveloperPanel.module.css';

/** What runs on the device, dispatch by dispatch: for whoever judges the engine. */
export function DeveloperPanel() {
  const plan = usePage((state) => state.plan);
  const planned = usePage((state) => state.forecast);
  const running = usePage((state) => (isActive(state.run) ? state.run.forecast : null));
  const active = usePage((state) => isActive(state.run));
  const measured = usePage((state) => state.run?.times ?? null);
  const device = usePage((state) => state.device);
  const recoveries = usePage((state) => state.run?.recoveries);
  const [chosen, setChosen] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new forecast, or a run with another one, is a new plan
  useEffect(() => void loadPlan(), [planned, running]);
  if (!plan || plan.dispatches.length === 0) return <p className={classes.note}>There is no plan yet.</p>;
  const timeOf = timesByDispatch(plan.dispatches, measured?.times ?? []);
  const dispatch = plan.dispatches[Math.min(chosen, plan.dispatches.length - 1)];
  return (
    <div className={classes.panel}>
      <div className={classes.actions}>
        <Button
          size="compact-xs"
          variant="default"
          disabled={!active || !device?.timestamps}
          onClick={profileNextEpoch}
        >
          Time every kernel of the next epoch
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          color="red"
          disabled={!active || device?.fallback !== null}
          onClick={loseDevice}
        >
          Lose the device
        </Button>
        <span className={classes.note}>
          {describeTiming(device?.timestamps ?? false, active, measured?.epoch ?? null)}
        </span>
      </div>
      {recoveries?.map(({ epoch, reason }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are never reordered
        <p key={i} className={classes.note} role="status">
          {reason}; a new device went on from epoch {epoch}.
        </p>
      ))}
      <div className={classes.columns}>
        <div className={classes.list}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">routine</th>
                <th scope="col">kernel</th>
                <th scope="col">grid × workgroup</th>
                <th scope="col">bytes</th>
                <th scope="col">flops</th>
                <th scope="col">ms</th>
              </tr>
            </thead>
            <tbody>
              {plan.dispatches.map((item, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a dispatch is its place in the plan
                <tr key={i} data-chosen={item === dispatch || undefined}>
                  <td>{item.routine}</td>
                  <td>
                    <UnstyledButton className={classes.kernel} onClick={() => setChosen(i)}>
                      <KernelName name={item.kernel} />
                    </UnstyledButton>
                  </td>
                  <td className={classes.number}>
                    {item.grid.join(' × ')} × {item.workgroup}
                  </td>
                  <td className={classes.number}>{formatBytes(item.bytes)}</td>
                  <td className={classes.number}>{formatCount(item.flops)}</td>
                  <td className={classes.number}>{formatTime(timeOf[i])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className={classes.detail}>
          <h3>{dispatch.kernel}</h3>
          <Operands title="reads" operands={dispatch.reads} />
          <Operands title="writes" operands={dispatch.writes} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section className={classes.code} tabIndex={0} aria-label={`WGSL of ${dispatch.kernel}`}>
            <pre>{plan.code[dispatch.kernel]}</pre>
          </section>
        </div>
      </div>
    </div>
  );
}

/** May break before each stage that was fused to it. */
function KernelName({ name }: { name: string }) {
  return name.split(/(?=\+)/).map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a name are never reordered
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

function Operands({ title, operands }: { title: string; operands: DispatchView['reads'] }) {
  return (
    <p className={classes.operands}>
      {title}{' '}
      {operands.map(({ binding, value, bytes }) => `${binding} = ${value} (${formatBytes(bytes)})`).join(', ') ||
        'nothing'}
    </p>
  );
}

function describeTiming(timestamps: boolean, active: boolean, epoch: number | null): string {
  if (!timestamps) return 'This device has no timestamps: single kernels cannot be timed.';
  if (epoch !== null) return `Times of epoch ${epoch}, summed over its steps; each kernel ran in a pass of its own.`;
  return active ? 'An epoch that is timed is slower than others.' : 'Kernels are timed while a run goes on.';
}

/** Times in the order of the plan's dispatches. */
function timesByDispatch(dispatches: readonly DispatchView[], times: readonly KernelTime[]): (KernelTime | null)[] {
  const byPlace = new Map(times.map((time) => [`${time.routine} ${time.dispatch}`, time]));
  const seen = new Map<string, number>();
  return dispatches.map(({ routine }) => {
    const index = seen.get(routine) ?? 0;
    seen.set(routine, index + 1);
    return byPlace.get(`${routine} ${index}`) ?? null;
  });
}

function formatTime(time: KernelTime | null): string {
  if (!time) return '';
  return time.launches > 1 ? `${time.ms.toFixed(3)} (${time.launches}×)` : time.ms.toFixed(3);
}
