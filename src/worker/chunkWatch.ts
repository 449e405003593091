import type { ChunkAccesses } from '../store/chunkAccesses.ts';
import type { OpenBatchSource } from '../train/batchSource.ts';

/** Which chunks a run has asked for since it was last told, and with how many batches. */
export interface ChunksView extends ChunkAccesses {
  readonly batches: number;
}

/** Tells which chunks of a stored graph a run asks for, a few times a second, while somebody looks. It changes no batch. */
export interface ChunkWatch {
  look(on: boolean): void;
  /** The same source, watched. */
  over(open: OpenBatchSource, post: (chunks: ChunksView) => void): OpenBatchSource;
}

const BETWEEN_MS = 300;

export function newChunkWatch(betweenMs = BETWEEN_MS): ChunkWatch {
  let looking = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Asks the source that is open and passes on what it says. */
  let tell: (() => Promise<void>) | null = null;
  const next = () => {
    clearTimeout(timer);
    if (!looking || !tell) return;
    timer = setTimeout(() => void tell?.().then(next), betweenMs);
  };
  return {
    look(on) {
      if (on === looking) return;
      looking = on;
      void tell?.();
      next();
    },
    over: (open, post) => async (graph, spec, place, host) => {
      const source = await open(graph, spec, place, host);
      const { accesses } = source;
      if (!accesses) return source;
      let batches = 0;
      const mine = async () => {
        // A reader that is lost ends the run, which says why.
        const counted = await accesses(looking).catch(() => null);
        const asked = counted && (counted.found.some(Boolean) || counted.read.some(Boolean));
        if (looking && asked) post({ ...counted, batches });
        if (asked || !counted) batches = 0;
      };
      tell = mine;
      if (looking) await mine();
      next();
      return {
        ...source,
        async sample(...request) {
          const sampled = await source.sample(...request);
          batches++;
          return sampled;
        },
        async close() {
          if (looking) await mine();
          if (tell === mine) tell = null;
          next();
          await source.close();
        },
      };
    },
  };
}
