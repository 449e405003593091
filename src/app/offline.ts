import { loadPlotly, quiet } from './charts/loadPlotly.ts';

/**
 * Keeps the page for when there is no network, once everything that a visit wants first is there. A browser that cannot, or a place
 * that is not secure, goes without.
 */
export function keepForOffline(): void {
  // The development server makes no such file. (PROD follows NODE_ENV, which tests set.)
  if (import.meta.env.MODE === 'development' || !('serviceWorker' in navigator)) return;
  const register = () => navigator.serviceWorker.register(new URL('./offline.js', document.baseURI)).catch(() => {});
  window.addEventListener(
    'load',
    () =>
      void loadPlotly()
        .catch(() => {})
        .then(quiet)
        .then(register),
    { once: true },
  );
}
