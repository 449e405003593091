type Plotly = typeof import('plotly.js-cartesian-dist-min')['default'];

let loading: Promise<Plotly> | null = null;
/** The last piece of work that was given to `inTurn`. */
let last: Promise<unknown> = Promise.resolve();

/** The charts' library, half a megabyte: asked for once, when the browser has nothing else to do. */
export function loadPlotly(): Promise<Plotly> {
  loading ??= idle().then(async () => (await import('plotly.js-cartesian-dist-min')).default);
  return loading;
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
