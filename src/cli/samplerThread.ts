import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { fileStore } from '../store/file.ts';
import { samplerApi } from '../worker/samplerApi.ts';

/** The sampler worker of the command line: a thread that reads from a folder. */
expose(
  samplerApi<string>((folder) => fileStore(folder)),
  nodeEndpoint(parentPort!),
);
