import { type BenchRequest, runSuite } from '../bench/portable.ts';
import { BENCH_SUITES, type BenchResult } from '../run/benchResult.ts';
import { shortHash } from '../run/linkNames.ts';
import type { LoadedGraph } from './datasets.ts';
import type { BenchmarkRequest, StreamMessage } from './protocol.ts';
import { datasetInfo } from './views.ts';

/** A message to the page at most this often: milliseconds. */
const BETWEEN_MS = 200;

export interface Bench extends Pick<BenchRequest, 'backend' | 'job'> {
  readonly signal: AbortSignal;
  /** The current graph; throws where there is none. */
  loaded(): LoadedGraph;
  post(message: StreamMessage): void;
}

/** Runs a suite in this worker, on its graph and its device. */
export async function benchmark(asked: BenchmarkRequest, bench: Bench): Promise<BenchResult> {
  const { suite, config, repetitions } = asked;
  const { backend, job, signal, post } = bench;
  let told = -Infinity;
  let before = '';
  const progress = (done: number, total: number, doing: string) => {
    if (doing === before && performance.now() - told < BETWEEN_MS) return;
    told = performance.now();
    before = doing;
    post({ type: 'benchmark', done, total, doing });
  };
  const dataset = BENCH_SUITES[suite].trains ? datasetOf(bench.loaded()) : null;
  return runSuite(suite, { backend, config, repetitions, job, signal, progress }, dataset);
}

function datasetOf({ graph, catalogueId, fingerprint }: LoadedGraph) {
  const { multiLabel: _, ...info } = datasetInfo(graph, shortHash(fingerprint)!);
  return { ...info, catalogueId };
}
