import { InputError } from '../../config/errors.ts';
import { decodeResults } from '../../run/benchFile.ts';
import { encodeBench } from '../../run/benchLink.ts';
import { type BenchResult, sameResult } from '../../run/benchResult.ts';
import { closestPreset } from '../../run/sharedRun.ts';
import type { BenchmarkRequest } from '../../worker/protocol.ts';
import { forgetBenchmark, type KeptBenchmark, keepBenchmark, keptBenchmarks } from '../bench/keptBenchmarks.ts';
import { formatBytes } from '../theme/format.ts';
import { addressWith, showAddress } from './address.ts';
import { chooseDataset, isWanted, refreshDatasets } from './datasetActions.ts';
import { answered, trainer } from './engine.ts';
import { replan } from './planActions.ts';
import { get, isBusy, set, tell, tellError } from './store.ts';

/** Running suites, and what is done with their results. */

let reading: Promise<void> | null = null;

/** Reads what this browser keeps, once, and draws the newest of each suite. */
export function readBenchmarks(): Promise<void> {
  reading ??= keptBenchmarks().then((benchmarks) => {
    const newest = new Map(benchmarks.map(({ id, result }) => [result.suite, id]));
    set({ benchmarks, drawnBenchmarks: [...newest.values()] });
  });
  return reading;
}

/** Runs a suite here, on the graph that is open. */
export async function runBenchmark(request: BenchmarkRequest): Promise<void> {
  if (isBusy(get())) return;
  set({
    benchmark: { suite: request.suite, begun: performance.now(), done: 0, total: 0, doing: '' },
    notice: null,
  });
  try {
    await keep(await answered(trainer.benchmark(request)), true);
  } catch (error) {
    tellError(error);
  } finally {
    set({ benchmark: null });
    // A sampled run may have put a copy of its graph into the store.
    refreshDatasets().catch(tellError);
  }
}

export function cancelBenchmark(): void {
  void trainer.cancelBenchmark();
}

/** Results from outside: kept, drawn beside those that are drawn already, and unverified. */
export async function openTheirs(results: readonly BenchResult[]): Promise<void> {
  for (const result of results) await keep(result, false);
  set({ tab: 'benchmark' });
  const what = results.length === 1 ? 'a benchmark' : `${results.length} benchmarks`;
  tell('info', `The result of ${what} was opened and is drawn under Benchmark; what was not run here is unverified.`);
}

export async function openResultFile(file: File): Promise<void> {
  if (file.size > MOST_BYTES)
    throw new InputError(
      `${file.name}: has ${formatBytes(file.size)}, and results at most ${formatBytes(MOST_BYTES)}: choose a file of results.`,
    );
  await openTheirs(decodeResults(await file.text(), file.name));
}

const MOST_BYTES = 16e6;

async function keep(result: BenchResult, mine: boolean): Promise<void> {
  await readBenchmarks();
  const benchmarks = get().benchmarks ?? [];
  const known = benchmarks.find((kept) => sameResult(kept.result, result));
  const fresh: KeptBenchmark = { id: Math.max(0, ...benchmarks.map(({ id }) => id)) + 1, mine, result };
  const { id, ...kept } = known ?? (await keepBenchmark(fresh).catch(() => fresh));
  set({
    benchmarks: known ? benchmarks : [...benchmarks, { id, ...kept }],
    drawnBenchmarks: [...get().drawnBenchmarks.filter((other) => other !== id), id],
    suite: result.suite,
  });
}

/** The suite of a result from outside, with its settings on its graph: mine stands beside theirs then. */
export async function runTheirs({ result }: KeptBenchmark): Promise<void> {
  const { suite, trained, repetitions } = result;
  if (isBusy(get())) return;
  if (trained) {
    const { dataset, config } = trained;
    const { datasets, graph } = get();
    const preset = closestPreset(config, dataset.catalogueId);
    const entry = datasets.find(({ id }) => id === dataset.catalogueId);
    if (graph && isWanted(dataset, graph)) {
      set({ preset, config });
      showAddress();
      void replan();
    } else if (entry && (entry.kind === 'embedded' || entry.stored)) {
      if (!(await chooseDataset(entry.id, { preset, config }))) return;
    } else {
      // Nothing is downloaded because a result says so, and nobody's own graph is anywhere but with its owner.
      const graphText = dataset.catalogueId ?? `its owner's graph with ${dataset.nodes} nodes`;
      throw new InputError(`This result needs ${graphText}: open that first, then run it here.`);
    }
  }
  const { config } = get();
  await runBenchmark({ suite, config: trained?.config ?? config, repetitions });
}

export function toggleDrawn({ id, result }: KeptBenchmark): void {
  const { drawnBenchmarks } = get();
  const drawn = drawnBenchmarks.includes(id);
  set({
    drawnBenchmarks: drawn ? drawnBenchmarks.filter((other) => other !== id) : [...drawnBenchmarks, id],
    suite: result.suite,
  });
}

export async function forget(id: number): Promise<void> {
  const { benchmarks, drawnBenchmarks } = get();
  set({
    benchmarks: benchmarks?.filter((kept) => kept.id !== id) ?? null,
    drawnBenchmarks: drawnBenchmarks.filter((other) => other !== id),
  });
  await forgetBenchmark(id).catch(tellError);
}

/** The address of this page with the result behind it. */
export async function linkTo({ result }: KeptBenchmark): Promise<string> {
  return addressWith(await encodeBench(result));
}
