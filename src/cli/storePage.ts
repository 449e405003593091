import { type Remote, wrap } from 'comlink';
import type { StoreWorker } from './storeWorker.ts';

/** The page that `bench -- store` opens. */
const worker = new Worker(new URL('./storeWorker.ts', import.meta.url), { type: 'module' });

declare global {
  interface Window {
    storeWorker: Remote<StoreWorker>;
  }
}
window.storeWorker = wrap<StoreWorker>(worker);
