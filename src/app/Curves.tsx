import { useMemo } from 'react';
import type { MemoryBytes } from '../run/record.ts';
import { meanCurve } from '../run/seedGroups.ts';
import { Chart } from './charts/Chart.tsx';
import { accuracySeries, lossSeries, type NamedRun, timeSeries } from './charts/runSeries.ts';
import type { ReferenceLine, Series } from './charts/series.ts';
import { TERMS } from './glossary/terms.ts';
import type { KeptRun } from './runs/keptRuns.ts';
import { groupIds, runColor, runName, shortName } from './runs/runName.ts';
import { seedRuns } from './runs/seedRuns.ts';
import { isPast, type LiveRun, shownPredictions } from './state/run.ts';
import { type Overlay, type PageState, usePage } from './state/store.ts';
import { RUN_COLORS } from './theme/palette.ts';

/** The live charts: the run that goes on, with the runs that were chosen to lie over it. */

/** Anew only when there is something to draw anew. */
function useRuns(): readonly NamedRun[] {
  const run = usePage((state) => state.run);
  const kept = usePage((state) => state.kept);
  const overlaid = usePage((state) => state.overlaid);
  const [id, datasetId] = [run?.id ?? null, run?.datasetId ?? null];
  const others = useMemo(() => overlays(kept, overlaid, id, datasetId), [kept, overlaid, id, datasetId]);
  const [config, epochs] = [run?.config, run?.epochs];
  return useMemo(() => {
    if (id === null || !config || !epochs) return others;
    return [{ name: shortName(id, config), color: RUN_COLORS[0], epochs }, ...others];
  }, [id, config, epochs, others]);
}

/** Kept runs, and means over seeds, that lie over the run `id`; those on another graph say so. */
function overlays(
  kept: readonly KeptRun[],
  overlaid: readonly Overlay[],
  id: number | null,
  datasetId: string | null,
): NamedRun[] {
  const groups = overlaid.some((one) => typeof one === 'string') ? seedRuns(kept) : [];
  return overlaid.flatMap((one): NamedRun[] => {
    const color = runColor(overlaid, one);
    if (typeof one === 'string') {
      const group = groups.find(({ key }) => key === one);
      if (!group) return [];
      const { mean, band } = meanCurve(group.samples.map(({ record }) => record));
      const [{ record, datasetId: on }] = group.samples;
      const where = on === datasetId ? '' : ` on ${record.dataset.name}`;
      return [{ name: `mean of runs ${groupIds(group.samples)}${where}`, color, epochs: mean, band }];
    }
    const other = kept.find((candidate) => candidate.id === one);
    if (!other || one === id) return [];
    const name = other.datasetId === datasetId ? shortName(one, other.record.config) : runName(other);
    return [{ name, color, epochs: other.record.epochs }];
  });
}

const ALL_OR_NONE = [0, 1] as const;

/** Null while the latest epoch is shown. */
const useShownEpoch = () => usePage((state) => (isPast(state) ? (shownPredictions(state)?.epoch ?? null) : null));

export function AccuracyChart() {
  const runs = useRuns();
  const at = useShownEpoch();
  const multiLabel = usePage((state) => state.graph?.info.multiLabel ?? false);
  const shared = usePage((state) => state.shared);
  const series = useMemo(
    () => [...accuracySeries(runs), ...(shared ? [sharedSeries(shared, 'testAcc', 'theirs, test')] : [])],
    [runs, shared],
  );
  return (
    <Chart
      title={multiLabel ? 'Micro-F1' : 'Accuracy'}
      help={multiLabel ? TERMS.microF1 : TERMS.accuracy}
      kind="line"
      unit="percent"
      yRange={ALL_OR_NONE}
      at={at}
      height={190}
      series={series}
    />
  );
}

export function LossChart() {
  const runs = useRuns();
  const at = useShownEpoch();
  const shared = usePage((state) => state.shared);
  const series = useMemo(
    () => [...lossSeries(runs), ...(shared ? [sharedSeries(shared, 'valLoss', 'theirs, validation')] : [])],
    [runs, shared],
  );
  return <Chart title="Loss" help={TERMS.loss} kind="line" unit="loss" at={at} height={190} series={series} />;
}

export function TimeChart() {
  const epochs = usePage((state) => state.run?.epochs ?? null);
  const series = useMemo(() => (epochs ? timeSeries(epochs) : []), [epochs]);
  return (
    <Chart
      title="Time per epoch"
      help="Where the time of each epoch goes: drawing samples, reading the stored graph, handing data to the device, computing, evaluating."
      kind="stacked"
      unit="ms"
      height={190}
      series={series}
    />
  );
}

export function MemoryChart() {
  const held = usePage((state) => state.run?.held ?? NOTHING_HELD);
  const forecast = usePage((state) => state.run?.forecast?.memory ?? null);
  const budget = usePage((state) => state.run?.config['memory.gpuBudget'] ?? 0);
  const series = useMemo(() => heldSeries(held), [held]);
  const unknown = held.length > 0 && series.length === 0;
  const lines = useMemo(() => memoryLines(forecast, budget), [forecast, budget]);
  return (
    <Chart
      title="Memory"
      help="What is held on the GPU, in the workers and on disk after each epoch, against the forecast and the budget. GPU bytes are those of every buffer that Edgewise creates; the browser and the driver take more, which a page cannot see."
      kind="line"
      unit="bytes"
      height={190}
      nothing={unknown ? NOT_RECORDED : undefined}
      lines={lines}
      series={series}
    />
  );
}

const NOTHING_HELD: LiveRun['held'] = [];
const NOT_RECORDED = 'What was held after each epoch is told while a run goes on, and is not kept with it.';

function heldSeries(held: LiveRun['held']): Series[] {
  const x = held.map((_, i) => i + 1);
  return (
    (['gpu', 'host', 'disk'] as const)
      .map((place) => ({
        name: PLACES[place],
        color: PLACE_COLORS[place],
        x,
        y: held.map((bytes) => bytes[place]),
      }))
      // Of epochs of an earlier visit nobody knows what was held.
      .filter(({ y }) => y.some((bytes) => bytes > 0))
  );
}

function memoryLines(forecast: MemoryBytes | null, budget: number): ReferenceLine[] {
  if (!forecast) return [];
  return [
    { y: forecast.gpu || forecast.host, label: 'forecast' },
    ...(budget > 0 && forecast.gpu > 0 ? [{ y: budget, label: 'budget' }] : []),
  ];
}

const PLACES = { gpu: 'GPU', host: 'worker', disk: 'disk' } as const;
const PLACE_COLORS = { gpu: '#4477aa', host: '#ee7733', disk: '#8a8f98' } as const;

function sharedSeries(shared: NonNullable<PageState['shared']>, column: 'testAcc' | 'valLoss', name: string): Series {
  const { curves } = shared;
  return { name, color: '#8a8f98', dash: true, x: [...curves.epochs], y: [...curves[column]] };
}
