import type { Weights } from '../model/stored.ts';
import type { Job } from '../train/job.ts';

/** What a finished run leaves behind: its weights, and all that it takes to predict with them. */
export interface TrainedModel {
  readonly weights: ReadonlyMap<string, Weights>;
  /** The run's graph and its configuration as it was fitted. */
  readonly job: Pick<Job, 'graph' | 'config' | 'backend' | 'fit' | 'store'>;
}
