import { Button } from '@mantine/core';
import type { RunRecord } from '../../run/record.ts';
import { comparable, type SharedRun as Shared, type Verdict, verdict } from '../../run/sharedRun.ts';
import { PublicFileOffer } from '../dataset/PublicFileOffer.tsx';
import { isWanted } from '../state/datasetActions.ts';
import { closeShared, runShared } from '../state/sharedActions.ts';
import { isBusy, usePage } from '../state/store.ts';
import { deviceName, formatBytes, formatPercent } from '../theme/format.ts';
import { MissingGraph } from './MissingGraph.tsx';
import classes from './Share.module.css';

/** A run that came by a link or in a file: unverified until it was run here, then mine beside theirs. */
export function SharedRun() {
  const shared = usePage((state) => state.shared);
  const wanted = usePage((state) => state.wanted);
  const source = usePage((state) => (state.shared && state.sharedHash === '' ? 'file' : 'link'));
  const graph = usePage((state) => state.graph);
  const busy = usePage(isBusy);
  const mine = usePage((state) => state.kept.find(({ id }) => id === state.answer)?.record ?? null);
  if (!shared && !wanted) return null;
  const asks = shared?.dataset ?? wanted;
  const missing = asks !== null && (!graph || !isWanted(asks, graph));
  return (
    <section className={classes.banner} aria-label={shared ? `Run from a ${source}` : 'Graph of a link'}>
      {shared && (
        <>
          <p className={classes.verdict} role="status">
            {mine
              ? SENTENCES[verdict(shared, mine)]
              : `This run came ${source === 'link' ? 'by a link' : 'in a file'}: unverified until it is run again here.`}
          </p>
          <Comparison shared={shared} mine={mine} />
        </>
      )}
      {missing &&
        (wanted?.url ? <PublicFileOffer url={wanted.url} /> : <MissingGraph dataset={asks} shared={shared} />)}
      <div className={classes.actions}>
        {shared && (
          <Button size="compact-sm" disabled={missing || busy} onClick={() => void runShared()}>
            {mine ? 'Run it again' : 'Run it here'}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={closeShared}>
          Close
        </Button>
      </div>
    </section>
  );
}

const SENTENCES: Readonly<Record<Verdict, string>> = {
  identical: 'Identical, bit for bit: the exact losses and accuracies of every epoch are the same here.',
  'same curve, other figures':
    'The same curve, bit for bit, but not the same figures: those of theirs do not belong to its curve. Trust yours.',
  'different data': 'Another graph: its fingerprint is not that of theirs, so the two runs cannot be compared.',
  'different settings': 'Other settings than theirs ran here, so the curves differ.',
  'different device':
    'Not the same bits, and another device: rounding differs from device to device. Compare the accuracies.',
  'different engine or kernels':
    'Not the same bits: another version of Edgewise, or other kernels. Compare the accuracies.',
  differs:
    'Not the same bits, although graph, settings, device and version agree: one of the two results was not made this way.',
};

/** Columns, and how each is read from a run of others and from one here. */
const COLUMNS: readonly [string, (shared: Shared) => string, (mine: RunRecord) => string][] = [
  ['test score', ({ result }) => formatPercent(result.testAcc), ({ result }) => formatPercent(result.testAcc)],
  [
    'best epoch',
    ({ result, epochs }) => `${result.bestEpoch} of ${epochs}`,
    ({ result, epochs }) => `${result.bestEpoch} of ${epochs.length}`,
  ],
  ['GPU peak', ({ peak }) => formatBytes(peak.gpu), ({ memory }) => formatBytes(memory.peak.gpu)],
  ['curve', ({ result }) => result.curveHash, ({ result }) => result.curveHash.slice(0, 16)],
  ['device', ({ device }) => named(device), ({ device }) => named(device)],
  ['version', ({ engine }) => engine, ({ engine }) => engine],
];

function Comparison({ shared, mine }: { shared: Shared; mine: RunRecord | null }) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <td />
            {COLUMNS.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">theirs</th>
            {COLUMNS.map(([name, theirs]) => (
              <td key={name}>{theirs(shared)}</td>
            ))}
          </tr>
          <tr>
            <th scope="row">mine</th>
            {COLUMNS.map(([name, , here]) => (
              <td key={name}>{mine ? here(mine) : '–'}</td>
            ))}
          </tr>
        </tbody>
      </table>
      {mine && !comparable(shared.device, mine.device) && (
        <p>One of the two devices is software: their times are not compared.</p>
      )}
    </div>
  );
}

function named(device: RunRecord['device']): string {
  return `${deviceName(device)}${device.software && device.backend !== 'cpu' ? ' (software)' : ''}`;
}
