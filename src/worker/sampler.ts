import { expose } from 'comlink';
import { indexedDbStore } from '../store/indexedDb.ts';
import { remoteStore } from './remoteStore.ts';
import { samplerApi } from './samplerApi.ts';

/** The sampler worker of a page. */

/** How it reaches a store: a database of its own accord, OPFS by a port of the I/O worker. */
export type StorePort = { readonly database: string } | { readonly port: MessagePort };

const NEVER = new Promise<never>(() => {});

expose(
  samplerApi<StorePort>(async (from) =>
    // Whoever started this worker hears that the I/O worker has failed, and ends the run.
    'port' in from ? remoteStore(from.port, 'OPFS', NEVER) : indexedDbStore(from.database),
  ),
);
