import { InputError } from '../config/errors.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { Job } from '../train/job.ts';
import type { Slot } from './checkpoints.ts';
import type { LoadedGraph } from './datasets.ts';
import { CHECKPOINTS, type Interrupted, type ResumeMessage } from './interrupted.ts';
import type { TrainRequest } from './protocol.ts';
import { datasetInfo } from './views.ts';

/** Keeps where a run is in this browser. The code that does is loaded when it is needed: few runs are interrupted. */

/** What a run has of it, for its job. */
export interface RunKeeper {
  readonly job: Pick<Job, 'resume' | 'onCheckpoint'>;
  /** The run has ended: where it is `over`, it cannot be resumed any more. */
  close(over: boolean): Promise<void>;
}

const checkpoints = () => import('./checkpoints.ts');

/** Runs that were interrupted, newest first; none where the browser keeps nothing. */
export async function interruptedRuns(store: ChunkStore | undefined): Promise<Interrupted[]> {
  if (!store || (await store.keys(CHECKPOINTS)).length === 0) return [];
  return (await checkpoints()).listInterrupted(store);
}

export async function discardRun(store: ChunkStore | undefined, slot: string): Promise<void> {
  if (store) await (await checkpoints()).discard(store, slot);
}

/** @throws InputError where the run that was asked for cannot go on here */
export async function newKeeper(
  store: ChunkStore | undefined,
  { graph, id, catalogueId, fingerprint }: LoadedGraph,
  { run, config, resume }: TrainRequest,
  post: (message: ResumeMessage) => void,
): Promise<RunKeeper> {
  if (!store) return { job: {}, close: async () => {} };
  const open = async (slot: string | null) => (await checkpoints()).openSlot(store, slot);
  let slot: Slot | null = resume === null ? null : await open(resume);
  const file = slot?.file;
  if (file && file.dataset.fingerprint !== fingerprint) {
    await slot!.close(false);
    throw new InputError(`${graph.name} is not the graph of this run any more: bring that one, or discard the run.`);
  }
  if (file) post({ type: 'resumed', run, epochs: file.point.epochs });
  const dataset = datasetInfo(graph, fingerprint);
  let failed = false;
  return {
    job: {
      resume: file?.point,
      async onCheckpoint(point) {
        if (failed) return;
        try {
          slot ??= await open(null);
          await slot.write(
            { engine: ENGINE_VERSION, config, dataset, source: id, point },
            { datasetId: id, catalogueId },
          );
        } catch (error) {
          failed = true;
          post({ type: 'unkept', run, reason: (error as Error).message });
        }
      },
    },
    async close(over) {
      // What cannot be deleted is offered again; that is better than to lose the record of the run.
      await slot?.close(over).catch(() => {});
    },
  };
}
