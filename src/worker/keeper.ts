import { InputError } from '../config/errors.ts';
import { weightsBytes } from '../model/stored.ts';
import { ENGINE_VERSION } from '../run/version.ts';
import type { ChunkStore } from '../store/chunkStore.ts';
import type { ResumePoint } from '../train/checkpoint.ts';
import type { Job } from '../train/job.ts';
import type { Slot } from './checkpoints.ts';
import type { LoadedGraph } from './datasets.ts';
import { CHECKPOINTS, type Interrupted, type ResumeMessage } from './interrupted.ts';
import type { TrainRequest } from './protocol.ts';
import type { TrainedModel } from './trainedModel.ts';
import { datasetInfo } from './views.ts';

/** Keeps where a run is in this browser. The code that does is loaded when it is needed: few runs are interrupted. */

/** What a run has of it, for its job. */
export interface RunKeeper {
  readonly job: Pick<Job, 'resume' | 'keptBytes' | 'onCheckpoint'>;
  /** Lets go of the run: where it is `over`, it cannot be resumed any more. */
  close(over: boolean): Promise<void>;
  /** The same of a run whose record is kept: then its model is, too. Rejects where that cannot be. */
  recorded(model: () => TrainedModel): Promise<void>;
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
  { graph, id: datasetId, catalogueId, fingerprint }: LoadedGraph,
  { run, config, slot: id, resume }: TrainRequest,
  post: (message: ResumeMessage) => void,
): Promise<RunKeeper> {
  if (!store) return { job: {}, close: async () => {}, recorded: async () => {} };
  const open = async () => (await checkpoints()).openSlot(store, id, resume);
  let slot: Slot | null = resume ? await open() : null;
  let point: ResumePoint | null = null;
  try {
    const file = await slot?.read();
    if (file && file.dataset.fingerprint !== fingerprint) {
      throw new InputError(`${graph.name} is not the graph of this run any more: bring that one, or discard the run.`);
    }
    point = file?.point ?? null;
  } catch (error) {
    await slot?.close(false);
    throw error;
  }
  if (point) post({ type: 'resumed', run, epochs: point.epochs });
  /** Afterwards nothing here holds the state: the run frees it. */
  const handOver = () => {
    const given = point!;
    point = null;
    return given;
  };
  const dataset = datasetInfo(graph, fingerprint);
  let failed = false;
  // What cannot be deleted is offered again; that is better than to lose the record of the run.
  const close = async (over: boolean) => slot?.close(over).catch(() => {});
  return {
    job: {
      ...(point && { resume: handOver, keptBytes: slot!.bytes }),
      async onCheckpoint(point, ledgers) {
        if (failed) return;
        try {
          slot ??= await open();
          const file = { engine: ENGINE_VERSION, config, dataset, source: datasetId, point };
          await slot.write(file, { datasetId, catalogueId }, ledgers);
        } catch (error) {
          failed = true;
          post({ type: 'unkept', run, reason: (error as Error).message });
        }
      },
    },
    close,
    async recorded(model) {
      // The checkpoint is larger than the model, and is worth nothing beside the record: it makes room.
      const closed = close(true);
      const mine = model();
      await closed;
      const [{ weightsFile }, { keepModel, refuseTooLarge }] = await Promise.all([
        import('./trainedModel.ts'),
        import('./modelStore.ts'),
      ]);
      refuseTooLarge(weightsBytes(mine.weights));
      await keepModel(store, id, weightsFile(mine));
    },
  };
}
