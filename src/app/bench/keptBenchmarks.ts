import { decodeResults, encodeResults } from '../../run/benchFile.ts';
import type { BenchResult } from '../../run/benchResult.ts';
import { keptTexts } from '../state/keptTexts.ts';

/** Results of benchmarks that this browser keeps: those that were run here, and those that came by a link or a file. */
export interface KeptBenchmark {
  readonly id: number;
  /** Run in this browser; what came from outside is unverified. */
  readonly mine: boolean;
  readonly result: BenchResult;
}

const kept = keptTexts<Omit<KeptBenchmark, 'result'>>('edgewise-benchmarks', 'results');

/** All kept results, oldest first; what another version wrote and this one cannot read is left where it is. */
export async function keptBenchmarks(): Promise<KeptBenchmark[]> {
  const read = (await kept.all()).map(async ({ id, mine, text }) => {
    try {
      const whole = typeof text === 'string' ? text : await text.text();
      return decodeResults(whole, `result ${id}`).map((result) => ({ id, mine, result }));
    } catch {
      return [];
    }
  });
  return (await Promise.all(read)).flat();
}

/** The result as it is kept: its id may be another. */
export async function keepBenchmark({ id, mine, result }: KeptBenchmark): Promise<KeptBenchmark> {
  return { id: await kept.keep({ id, mine, text: encodeResults([result]) }), mine, result };
}

export const forgetBenchmark = kept.forget;
