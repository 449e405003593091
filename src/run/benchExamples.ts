import { BENCH_SCHEMA, type BenchResult, figure } from './benchResult.ts';
import { exampleRun, type Random, randomHex } from './linkExamples.ts';

/** Results for the tests: made up and repeatable. */

export function exampleLadder(random: Random): BenchResult {
  const { device, config, dataset } = exampleRun(random);
  const around = (size: number) => ({ median: size, lo: 0.9 * size, hi: 1.2 * size });
  const row = (name: string, ms: number, bytes: number) => ({
    name,
    note: 'sampling.strategy=full evaluation.strategy=full',
    figures: {
      training: figure('training', around(ms * (1 + random()))),
      epoch: figure('epoch', around(2.5 * ms)),
      peak: figure('peak', { median: bytes, lo: bytes, hi: bytes }),
      loss: figure('loss', around(0.7)),
    },
  });
  return {
    schema: BENCH_SCHEMA,
    suite: 'ladder',
    engine: '0.1.0',
    device,
    at: 1_700_000_000_000,
    repetitions: 3,
    trained: {
      dataset: { ...dataset, name: 'cora', catalogueId: 'cora', fingerprint: randomHex(random, 16) },
      config,
    },
    rows: [
      row('baseline', 12.3, 317_258_492),
      row('sampled', 34.5, 357_007_836),
      { name: 'sampled + half precision', note: 'memory.gpuBudget is 1 MiB, and this run takes 12 MB.', figures: {} },
      row('compiled', 9.8, 34_919_676),
      row('compiled + recomputation', 11.1, 17_779_148),
    ],
    throttled: true,
    drift: Math.fround(1.32),
  };
}

export function exampleKernels(random: Random): BenchResult {
  const { device } = exampleRun(random);
  const names = ['copy, 100k × 64', 'spmm, 1k nodes, 10k edges, width 64', 'gemm nn, 256 × 256 × 256'];
  return {
    schema: BENCH_SCHEMA,
    suite: 'kernels',
    engine: '0.1.0',
    device: { ...device, software: true },
    at: 1_700_000_000_001,
    repetitions: 9,
    trained: null,
    rows: names.map((name) => ({
      name,
      note: 'of the fastest copy',
      figures: {
        time: figure('time', { median: random(), lo: 0, hi: 2 }),
        share: figure('share', { median: 0.5, lo: random() / 2, hi: 1.25 }),
      },
    })),
    throttled: false,
    drift: 1,
  };
}
