/** Comlink types its adapter for Node's threads under another name than the one that Node can import. */
declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort, Worker } from 'node:worker_threads';
  import type { Endpoint } from 'comlink';

  export default function nodeEndpoint(thread: Worker | MessagePort): Endpoint;
}
