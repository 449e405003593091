import { figure, type ResultRow } from '../run/benchResult.ts';
import { findTarget } from '../train/target.ts';
import { type AllMeasured, type Bench, ceilingsOf, measureAll, shareOf } from './kernelMeasures.ts';
import { measurements, SIZES, type Sizes, squareProducts } from './kernelSizes.ts';
import type { BenchRequest, Measurement } from './portable.ts';
import { type Drift, driftOf } from './stats.ts';

/** The kernels that a page times: copies, products and aggregations, each as a share of this device's own ceiling. */
export async function kernelShares(
  { backend, repetitions, signal, progress }: BenchRequest,
  sizes: Sizes = SIZES.page,
): Promise<Measurement> {
  const target = await findTarget(backend);
  const left: ResultRow[] = [];
  const bench: Bench = {
    backend,
    target,
    effort: { ...sizes, samples: repetitions, signal },
    leaveOut: ({ name }, note) => void left.push({ name, note, figures: {} }),
  };
  const aggregations = measurements(sizes).filter(({ part }) => part === 'spmm' || part === 'transposed');
  const cases = [...squareProducts(sizes), ...aggregations];
  progress(0, cases.length, 'copies');
  const all = await measureAll(bench, sizes, cases, (_, done) => progress(done, cases.length, cases[done]?.name ?? ''));
  const { rows, ...drift } = sharesOf(all);
  return { device: target.device, rows: [...rows, ...left], ...drift };
}

/** A row for each kernel. Operations are held against the best square product, everything else against the fastest copy. */
export function sharesOf({ measured, copied }: AllMeasured): Drift & { readonly rows: readonly ResultRow[] } {
  const most = ceilingsOf(measured);
  const rows = measured.map((one): ResultRow => {
    const { kernel, flops, time } = one;
    const product = kernel.part === 'gemm';
    const share = product ? shareOf(flops, most.flops, one) : shareOf(kernel.moved, most.bytes, one);
    return {
      name: kernel.name,
      note: product ? 'of the best product' : 'of the fastest copy',
      figures: { time: figure('time', time), share: figure('share', share) },
    };
  });
  return { rows, ...driftOf(copied) };
}
