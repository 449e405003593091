import { DEFAULTS } from '../config/schema.ts';
import type { BenchResult } from '../run/benchResult.ts';
import type { DeviceInfo } from '../run/record.ts';
import { findTarget } from '../train/target.ts';
import { type KernelCase, PARTS } from './kernelCases.ts';
import {
  type AllMeasured,
  type Bench,
  ceilingsOf,
  type Measured,
  measureAll,
  open,
  shareOf,
} from './kernelMeasures.ts';
import { sharesOf } from './kernelShares.ts';
import {
  type Bound,
  type Comparison,
  comparisons,
  goalsOnCopy,
  measurements,
  SIZES,
  type Sizes,
  squareProducts,
} from './kernelSizes.ts';
import { interleave, sampler, type Timed } from './kernelTiming.ts';
import type { PeerSource } from './peers.ts';
import { resultOf } from './portable.ts';
import { type Interval, medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, Table } from './suite.ts';

/**
 * Kernels against the limits of the device that they run on: a copy by a compute shader (on the CPU, of a typed array) and the
 * fastest square matrix product, both measured in the same run. Every kernel is timed in turns with the fastest copy, and shares are
 * quotients of neighbouring samples: a machine that is busy with something else disturbs these less than the times.
 */

interface SuiteBench extends Bench {
  readonly context: BenchContext;
  readonly source: GemmSource | undefined;
}

/** Where matrix products of other libraries come from. */
export type GemmSource = Pick<PeerSource, 'gemm'>;

export async function kernels(context: BenchContext, source?: GemmSource) {
  const sizes = context.quick ? SIZES.quick : SIZES.full;
  const devices: DeviceInfo[] = [];
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const tables: Table[] = [];
  const results: BenchResult[] = [];
  for (const backend of context.backends) {
    const target = await findTarget(backend);
    devices.push(target.device);
    const tell = (name: string, unit: string, interval: Interval, bound?: Bound) => {
      const row = { name: `${name} (${backend.kind})`, unit, ...interval };
      rows.push(row);
      context.progress(`${row.name}: ${[row.median, row.lo, row.hi].map((x) => x.toPrecision(4)).join(', ')} ${unit}`);
      // What is asked for is asked for at the full sizes.
      if (!bound || context.quick) return;
      goals.push({ ...bound, name: row.name, unit, value: row.median, met: meets(row.median, bound) });
    };
    const leaveOut = (kernel: KernelCase, why: string) =>
      context.progress(`${kernel.name} (${backend.kind}): left out, ${why}`);
    const bench: SuiteBench = { context, backend, target, effort: sizes, source, leaveOut };
    const all = await onDevice(bench, sizes, tell);
    tables.push(...tablesOf(all.measured, target.device));
    const asked = { config: DEFAULTS, repetitions: sizes.samples };
    results.push(resultOf('kernels', { device: target.device, ...sharesOf(all) }, asked, null));
  }
  return { device: devices[0], rows, ratios: {}, goals, tables, results };
}

async function onDevice(
  bench: SuiteBench,
  sizes: Sizes,
  tell: (name: string, unit: string, interval: Interval, bound?: Bound) => void,
): Promise<AllMeasured> {
  const wanted = ({ name }: { name: string }) => name.includes(bench.context.only ?? '');
  const cases = [...squareProducts(sizes), ...measurements(sizes).filter(wanted)];
  const all = await measureAll(bench, sizes, cases, (one) => one && tell(one.kernel.name, 'ms', one.time));
  const { names, bound } = goalsOnCopy(sizes);
  // Asked for is a share of the copy by a shader; the share of `memcpy` is told.
  const asked = bench.backend.kind === 'webgpu' ? bound : undefined;
  const most = ceilingsOf(all.measured);
  for (const one of all.measured.filter(({ kernel }) => names.includes(kernel.name))) {
    const { median, lo, hi } = shareOf(one.kernel.moved, most.bytes, one);
    tell(`share of the copy, ${one.kernel.name}`, '%', { median: 100 * median, lo: 100 * lo, hi: 100 * hi }, asked);
  }
  for (const comparison of comparisons(sizes).filter(wanted)) {
    const { unit, bound } = comparison;
    for (const [name, interval] of await compare(bench, comparison)) tell(name, unit, interval, bound);
  }
  return all;
}

function meets(value: number, bound: Bound): boolean {
  return 'most' in bound ? value <= bound.most : value >= bound.least;
}

/** The quotients with each opponent, by its name; empty where something is left out. */
async function compare(
  bench: SuiteBench,
  { name, kernel, against, quotient }: Comparison,
): Promise<[string, Interval][]> {
  const opponents = against === 'peers' ? await openPeers(bench, name, kernel) : await openNamed(bench, name, against);
  const opened = opponents.map(({ timed }) => timed);
  try {
    const own = opened.length > 0 ? await open(bench, kernel) : null;
    if (!own) return [];
    opened.push(own);
    const samples = await interleave(opened, bench.effort);
    const ours = samples[opened.length - 1];
    return opponents.map(({ name }, i) => [
      name,
      medianInterval(ours.map((ms, round) => quotient(ms, samples[i][round]))),
    ]);
  } finally {
    for (const { close } of opened) close();
  }
}

interface Named {
  readonly name: string;
  readonly timed: Timed;
}

async function openNamed(bench: Bench, name: string, kernel: KernelCase): Promise<Named[]> {
  const timed = await open(bench, kernel);
  return timed ? [{ name, timed }] : [];
}

/** The same product in other libraries, where they are installed and the backend is theirs. */
async function openPeers(
  { backend, source, effort }: SuiteBench,
  name: string,
  { side }: KernelCase,
): Promise<Named[]> {
  if (!source || backend.kind !== 'webgpu' || side === undefined) return [];
  const opened: Named[] = [];
  for (const openPeer of await source.gemm(side)) {
    const peer = await openPeer();
    const sample = await sampler((times) => peer.run(times), 1, effort);
    opened.push({
      name: `${name} against ${peer.name} ${peer.version} (${peer.formulation})`,
      timed: { flops: 0, sample, close: () => peer.dispose() },
    });
  }
  return opened;
}

/** `low` and `high` bound the median of the milliseconds (at least 95 %). */
const COLUMNS = ['kernel', 'ms', 'low', 'high', 'GB/s', '% of copy', 'compulsory GB/s', 'GFLOP/s', '% of best GEMM'];

/** One table for each part. GB/s are counted on gathered bytes, compulsory GB/s on every operand once. */
export function tablesOf(measured: readonly Measured[], device: DeviceInfo): Table[] {
  const most = ceilingsOf(measured);
  const three = (value: number) => Number(value.toPrecision(3));
  const on = `${device.backend}: ${device.description}${device.software ? ' (software)' : ''}`;
  return Object.entries(PARTS).flatMap(([part, title]) => {
    const rows = measured
      .filter(({ kernel }) => kernel.part === part)
      .map((one) => {
        const { kernel, flops, time } = one;
        const [bytes, compulsory, operations] = [kernel.moved, kernel.compulsory, flops].map(
          (count) => count / time.median / 1e6,
        );
        const ofCopy = 100 * shareOf(kernel.moved, most.bytes, one).median;
        const ofGemm = 100 * shareOf(flops, most.flops, one).median;
        return [
          kernel.name,
          ...[time.median, time.lo, time.hi, bytes, ofCopy, compulsory, operations, ofGemm].map(three),
        ];
      });
    return rows.length > 0 ? [{ title: `${title} · ${on}`, columns: COLUMNS, rows }] : [];
  });
}
