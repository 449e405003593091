import { proxy, type Remote, transfer, wrap } from 'comlink';
import projectorAddress from '../../worker/projector.ts?worker&url';
import type { ProjectorApi, UmapChoice } from '../../worker/projectorApi.ts';
import { moduleWorker } from '../../worker/spawn.ts';
import { unlessFailed } from '../../worker/unlessFailed.ts';

/** The projector worker: started when an embedding is there, ended with the graph. */

interface Started {
  readonly worker: Worker;
  readonly remote: Remote<ProjectorApi>;
  readonly answered: ReturnType<typeof unlessFailed>;
}

let started: Started | null = null;

function start(): Started {
  const worker = moduleWorker(projectorAddress, 'projector');
  const died = new Promise<never>((_, reject) => {
    worker.onerror = (event) => {
      end();
      const message = `The worker that makes the picture failed (${event.message || 'it could not be loaded'}): compute the embedding again.`;
      reject(Object.assign(new Error(message), { name: 'InputError' }));
    };
  });
  died.catch(() => {});
  return { worker, remote: wrap<ProjectorApi>(worker), answered: unlessFailed(died) };
}

/** With it goes what it holds; what it was asked is never answered. */
export function end(): void {
  started?.worker.terminate();
  started = null;
}

function ask<T>(question: (remote: Remote<ProjectorApi>) => Promise<T>): Promise<T> {
  started ??= start();
  return started.answered(question(started.remote));
}

/** The rows of all nodes are the worker's from here on. */
export const open = (values: Float32Array, cols: number) =>
  ask((remote) => remote.open(transfer(values, [values.buffer as ArrayBuffer]), cols));
export const pca = (nodes: Uint32Array | null) => ask((remote) => remote.pca(nodes));
export const umap = (nodes: Uint32Array | null, options: UmapChoice, tell: (share: number) => void) =>
  ask((remote) => remote.umap(nodes, options, proxy(tell)));
export const cancel = () => ask((remote) => remote.cancel());
export const nearest = (...about: Parameters<ProjectorApi['nearest']>) => ask((remote) => remote.nearest(...about));
export const npy = () => ask((remote) => remote.npy());
