import { isActive } from '../state/run.ts';
import { type PageState, usePage } from '../state/store.ts';
import { type ChartContent, LIGHT, layout, traces } from './figure.ts';

type Plotly = typeof import('plotly.js-cartesian-dist-min')['default'];

let loading: Promise<Plotly> | null = null;
/** The last piece of work that was given to `inTurn`. */
let last: Promise<unknown> = Promise.resolve();

/**
 * The charts' library, half a megabyte. Running its 1.4 MB of code once is a single task of up to a third of a second on a slow
 * processor, so it is asked for when no run has gone on for a while: before the first one, after it, or while it is paused; and at once
 * when somebody takes hold of a chart, to zoom.
 */
export function loadPlotly(): Promise<Plotly> {
  loading ??= Promise.race([quiet(), taken])
    .then(idle)
    .then(async () => (await import('plotly.js-cartesian-dist-min')).default)
    .then(warmed);
  return loading;
}

let take = () => {};
const taken = new Promise<void>((resolve) => {
  take = resolve;
});

/** A chart was taken hold of. */
export function takeChart(): void {
  take();
}

/** A first drawing, in which code runs that never ran, takes three times as long as later ones: that of a run should not be it. */
async function warmed(plotly: Plotly): Promise<Plotly> {
  await idle();
  const place = document.createElement('div');
  const curve: ChartContent = {
    series: [{ name: '', color: LIGHT.text, x: [1, 2], y: [0, 1] }],
    kind: 'line',
    unit: 'loss',
  };
  await plotly.react(place, traces(curve), { ...layout(curve, LIGHT), width: 300, height: 200 }, {});
  plotly.purge(place);
  return plotly;
}

const QUIET_MS = 1500;
const PATIENCE_MS = 30_000;
const LOOK_MS = 100;

const isTraining = ({ run }: PageState) => isActive(run) && run.status !== 'paused';

/** When a graph has been there, and no run has gone on, for a while; where no graph comes, after a longer one. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => {
    const begun = performance.now();
    let busyAt = begun;
    const look = () => {
      const now = performance.now();
      const page = usePage.getState();
      // A visit begins with its graph: nothing competes with that.
      if (isTraining(page) || (page.graph === null && now - begun < PATIENCE_MS)) busyAt = now;
      if (now - busyAt > QUIET_MS) resolve();
      else setTimeout(look, LOOK_MS);
    };
    look();
  });
}

/** Runs one piece of drawing work per idle moment, so that several charts never make one long task. */
export function inTurn<T>(work: () => T | Promise<T>): Promise<T> {
  const turn = last.then(idle).then(work);
  last = turn.catch(() => {});
  return turn;
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 500 });
    else setTimeout(resolve, 50);
  });
}
