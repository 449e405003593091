import type { DeviceInfo } from '../run/record.ts';
import { type Backend, findTarget, type Target } from '../train/target.ts';
import { type KernelCase, PARTS } from './kernelCases.ts';
import { type Comparison, ceilings, comparisons, measurements, SIZES } from './kernelSizes.ts';
import { type Effort, interleave, openKernel, sampler, type Timed } from './kernelTiming.ts';
import type { PeerSource } from './peers.ts';
import { type Interval, medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, Table } from './suite.ts';

/**
 * Kernels against the limits of the device that they run on: a copy by a compute shader (on the CPU, of a typed array) and the
 * fastest matrix product, both measured in the same run.
 */

interface Bench {
  readonly context: BenchContext;
  readonly backend: Backend;
  readonly target: Target;
  readonly effort: Effort;
  readonly source: GemmSource | undefined;
}

/** Where matrix products of other libraries come from. */
export type GemmSource = Pick<PeerSource, 'gemm'>;

export interface Measured {
  readonly kernel: KernelCase;
  readonly flops: number;
  /** Milliseconds. */
  readonly time: Interval;
}

export async function kernels(context: BenchContext, source?: GemmSource) {
  const devices: DeviceInfo[] = [];
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const tables: Table[] = [];
  const sizes = context.quick ? SIZES.quick : SIZES.full;
  for (const backend of context.backends) {
    const target = await findTarget(backend);
    devices.push(target.device);
    const bench: Bench = { context, backend, target, effort: sizes, source };
    const named = (name: string) => `${name} (${backend.kind})`;
    const wanted = ({ name }: { name: string }) => name.includes(context.only ?? '');
    const tell = (row: BenchRow) => {
      rows.push(row);
      context.progress(
        `${row.name}: ${[row.median, row.lo, row.hi].map((x) => x.toPrecision(4)).join(', ')} ${row.unit}`,
      );
    };

    const measured: Measured[] = [];
    for (const kernel of [...ceilings(sizes), ...measurements(sizes).filter(wanted)]) {
      const found = await measure(bench, kernel);
      if (!found) continue;
      measured.push(found);
      tell({ name: named(kernel.name), unit: 'ms', ...found.time });
    }
    const { copy } = ceilingsOf(measured);
    for (const comparison of comparisons(sizes, copy.kernel).filter(wanted)) {
      const interval = await compare(bench, comparison);
      if (!interval) continue;
      const { name, unit, bound } = comparison;
      const row = { name: named(name), unit, ...interval };
      tell(row);
      // What is asked for is asked for at the full sizes.
      if (!context.quick)
        goals.push({ ...bound, name: row.name, unit, value: row.median, met: meets(row.median, bound) });
    }
    tables.push(...tablesOf(measured, target.device));
  }
  return { device: devices[0], rows, ratios: {}, goals, tables };
}

function meets(value: number, bound: Comparison['bound']): boolean {
  return 'most' in bound ? value <= bound.most : value >= bound.least;
}

/** Opens a case, or says why it is left out. */
async function open({ context, backend, target, effort }: Bench, kernel: KernelCase): Promise<Timed | null> {
  if (kernel.part === 'copy' && backend.kind === 'cpu') return copyOfArrays(kernel, effort);
  const timed = await openKernel(kernel, target, effort);
  if (typeof timed !== 'string') return timed;
  context.progress(`${kernel.name} (${backend.kind}): left out, ${timed}`);
  return null;
}

async function copyOfArrays({ moved }: KernelCase, effort: Effort): Promise<Timed> {
  const [from, to] = [0, 1].map((value) => new Float32Array(moved / 8).fill(value));
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) to.set(from);
  };
  return { flops: 0, sample: await sampler(run, 1, effort), close: () => {} };
}

async function measure(bench: Bench, kernel: KernelCase): Promise<Measured | null> {
  const timed = await open(bench, kernel);
  if (!timed) return null;
  try {
    const [samples] = await interleave([timed], bench.effort);
    return { kernel, flops: timed.flops, time: medianInterval(samples) };
  } finally {
    timed.close();
  }
}

/** The quotients of a comparison; of several peers, those with the fastest. Null where something is left out. */
async function compare(bench: Bench, { kernel, against, quotient }: Comparison): Promise<Interval | null> {
  const opened: Timed[] = [];
  try {
    if (against === 'peers') opened.push(...(await openPeers(bench, kernel)));
    for (const one of against === 'peers' ? [kernel] : [against, kernel]) {
      const timed = await open(bench, one);
      if (!timed) return null;
      opened.push(timed);
    }
    if (opened.length < 2) return null;
    const samples = await interleave(opened, bench.effort);
    const ours = samples.pop()!;
    const intervals = samples.map((other) => medianInterval(other.map((ms, round) => quotient(ours[round], ms))));
    return intervals.reduce((least, interval) => (interval.median < least.median ? interval : least));
  } finally {
    for (const { close } of opened) close();
  }
}

/** The same product in other libraries, where they are installed and the backend is theirs. */
async function openPeers({ context, backend, source, effort }: Bench, { side }: KernelCase): Promise<Timed[]> {
  if (!source || backend.kind !== 'webgpu' || side === undefined) return [];
  const opened: Timed[] = [];
  for (const openPeer of await source.gemm(side)) {
    const peer = await openPeer();
    const sample = await sampler((times) => peer.run(times), 1, effort);
    context.progress(`${peer.name} ${peer.version}: ${peer.formulation}, ${(await sample()).toPrecision(4)} ms`);
    opened.push({ flops: 0, sample, close: () => peer.dispose() });
  }
  return opened;
}

/** Bytes or operations per nanosecond: GB/s, GFLOP/s. */
const rate = (count: number, { median }: Interval) => count / median / 1e6;

function ceilingsOf(measured: readonly Measured[]): { copy: Measured; gemm: Measured } {
  const fastest = (part: KernelCase['part'], speed: (of: Measured) => number) => {
    const all = measured.filter(({ kernel }) => kernel.part === part);
    if (all.length === 0) throw new Error(`kernels: no ${part} could be measured, and everything is a share of it`);
    return all.reduce((best, one) => (speed(one) > speed(best) ? one : best));
  };
  return {
    copy: fastest('copy', ({ kernel, time }) => rate(kernel.moved, time)),
    gemm: fastest('gemm', ({ flops, time }) => rate(flops, time)),
  };
}

const COLUMNS = ['kernel', 'ms', 'GB/s', '% of copy', 'compulsory GB/s', 'GFLOP/s', '% of best GEMM'];

/** One table for each part. GB/s are counted on gathered bytes, compulsory GB/s on every operand once. */
export function tablesOf(measured: readonly Measured[], device: DeviceInfo): Table[] {
  const { copy, gemm } = ceilingsOf(measured);
  const [most, fastest] = [rate(copy.kernel.moved, copy.time), rate(gemm.flops, gemm.time)];
  const three = (value: number) => Number(value.toPrecision(3));
  const on = `${device.backend}: ${device.description}${device.software ? ' (software)' : ''}`;
  return Object.entries(PARTS).flatMap(([part, title]) => {
    const rows = measured
      .filter(({ kernel }) => kernel.part === part)
      .map(({ kernel, flops, time }) => {
        const [moved, compulsory, computed] = [kernel.moved, kernel.compulsory, flops].map((n) => rate(n, time));
        const shares = [(100 * moved) / most, (100 * computed) / fastest];
        return [kernel.name, ...[time.median, moved, shares[0], compulsory, computed, shares[1]].map(three)];
      });
    return rows.length > 0 ? [{ title: `${title} · ${on}`, columns: COLUMNS, rows }] : [];
  });
}
