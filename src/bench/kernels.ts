import type { DeviceInfo } from '../run/record.ts';
import { type Backend, findTarget, type Target } from '../train/target.ts';
import { type KernelCase, PARTS } from './kernelCases.ts';
import {
  type Bound,
  type Comparison,
  comparisons,
  copies,
  goalsOnCopy,
  measurements,
  SIZES,
  type Sizes,
  squareProducts,
} from './kernelSizes.ts';
import { type Effort, interleave, openKernel, sampler, type Timed } from './kernelTiming.ts';
import type { PeerSource } from './peers.ts';
import { type Interval, medianInterval } from './stats.ts';
import type { BenchContext, BenchRow, Goal, Table } from './suite.ts';

/**
 * Kernels against the limits of the device that they run on: a copy by a compute shader (on the CPU, of a typed array) and the
 * fastest square matrix product, both measured in the same run. Every kernel is timed in turns with the fastest copy, and shares are
 * quotients of neighbouring samples: a machine that is busy with something else disturbs these less than the times.
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
  /** The same in times of the reference, the fastest copy, which was timed in turns with it. */
  readonly relative: Interval;
}

export async function kernels(context: BenchContext, source?: GemmSource) {
  const sizes = context.quick ? SIZES.quick : SIZES.full;
  const devices: DeviceInfo[] = [];
  const rows: BenchRow[] = [];
  const goals: Goal[] = [];
  const tables: Table[] = [];
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
    const bench: Bench = { context, backend, target, effort: sizes, source };
    tables.push(...(await onDevice(bench, sizes, tell)));
  }
  return { device: devices[0], rows, ratios: {}, goals, tables };
}

async function onDevice(
  bench: Bench,
  sizes: Sizes,
  tell: (name: string, unit: string, interval: Interval, bound?: Bound) => void,
): Promise<Table[]> {
  const wanted = ({ name }: { name: string }) => name.includes(bench.context.only ?? '');
  const { measured, reference } = await measureCopies(bench, copies(sizes));
  try {
    for (const { kernel, time } of measured) tell(kernel.name, 'ms', time);
    for (const kernel of [...squareProducts(sizes), ...measurements(sizes).filter(wanted)]) {
      const found = await measure(bench, kernel, reference);
      if (!found) continue;
      measured.push(found);
      tell(kernel.name, 'ms', found.time);
    }
  } finally {
    reference.close();
  }
  const { names, bound } = goalsOnCopy(sizes);
  const most = ceilingsOf(measured);
  for (const { kernel, relative } of measured.filter((one) => names.includes(one.kernel.name))) {
    const share = (times: number) => (100 * kernel.moved) / times / most.bytes;
    const interval = { median: share(relative.median), lo: share(relative.hi), hi: share(relative.lo) };
    tell(`share of the copy, ${kernel.name}`, '%', interval, bound);
  }
  for (const comparison of comparisons(sizes).filter(wanted)) {
    const { unit, bound } = comparison;
    for (const [name, interval] of await compare(bench, comparison)) tell(name, unit, interval, bound);
  }
  return tablesOf(measured, bench.target.device);
}

function meets(value: number, bound: Bound): boolean {
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

/** Times the copies, and leaves the fastest open. */
async function measureCopies(bench: Bench, kernels: readonly KernelCase[]) {
  const opened: { kernel: KernelCase; timed: Timed }[] = [];
  for (const kernel of kernels) {
    const timed = await open(bench, kernel);
    if (timed) opened.push({ kernel, timed });
  }
  const all = await interleave(
    opened.map(({ timed }) => timed),
    bench.effort,
  );
  const times = all.map(medianInterval);
  const speeds = opened.map(({ kernel }, i) => kernel.moved / times[i].median);
  const best = speeds.indexOf(Math.max(...speeds));
  if (best < 0) throw new Error('kernels: no copy fits on this device, and everything is a share of one');
  for (const { timed } of opened) if (timed !== opened[best].timed) timed.close();
  const measured = opened.map(({ kernel, timed: { flops } }, i): Measured => {
    return { kernel, flops, time: times[i], relative: quotients(all[i], all[best]) };
  });
  return { measured, reference: opened[best].timed };
}

async function measure(bench: Bench, kernel: KernelCase, reference: Timed): Promise<Measured | null> {
  const timed = await open(bench, kernel);
  if (!timed) return null;
  try {
    const [samples, copied] = await interleave([timed, reference], bench.effort);
    return { kernel, flops: timed.flops, time: medianInterval(samples), relative: quotients(samples, copied) };
  } finally {
    timed.close();
  }
}

function quotients(samples: readonly number[], others: readonly number[]): Interval {
  return medianInterval(samples.map((ms, round) => ms / others[round]));
}

/** The quotients with each opponent, by its name; empty where something is left out. */
async function compare(bench: Bench, { name, kernel, against, quotient }: Comparison): Promise<[string, Interval][]> {
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
async function openPeers({ backend, source, effort }: Bench, name: string, { side }: KernelCase): Promise<Named[]> {
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

/** Bytes that the fastest copy moved, and operations of the fastest square product, in the time of the reference. */
function ceilingsOf(measured: readonly Measured[]): { bytes: number; flops: number } {
  const most = (list: readonly Measured[], count: (of: Measured) => number) =>
    Math.max(...list.map((one) => count(one) / one.relative.median));
  return {
    bytes: most(
      measured.filter(({ kernel }) => kernel.part === 'copy'),
      ({ kernel }) => kernel.moved,
    ),
    flops: most(
      measured.filter(({ kernel }) => kernel.side !== undefined),
      ({ flops }) => flops,
    ),
  };
}

const COLUMNS = ['kernel', 'ms', 'GB/s', '% of copy', 'compulsory GB/s', 'GFLOP/s', '% of best GEMM'];

/** One table for each part. GB/s are counted on gathered bytes, compulsory GB/s on every operand once. */
export function tablesOf(measured: readonly Measured[], device: DeviceInfo): Table[] {
  const most = ceilingsOf(measured);
  const three = (value: number) => Number(value.toPrecision(3));
  const on = `${device.backend}: ${device.description}${device.software ? ' (software)' : ''}`;
  return Object.entries(PARTS).flatMap(([part, title]) => {
    const rows = measured
      .filter(({ kernel }) => kernel.part === part)
      .map(({ kernel, flops, time, relative }) => {
        const [bytes, compulsory, operations] = [kernel.moved, kernel.compulsory, flops].map(
          (count) => count / time.median / 1e6,
        );
        const [ofCopy, ofGemm] = [kernel.moved / most.bytes, flops / most.flops].map(
          (n) => (100 * n) / relative.median,
        );
        return [kernel.name, ...[time.median, bytes, ofCopy, compulsory, operations, ofGemm].map(three)];
      });
    return rows.length > 0 ? [{ title: `${title} · ${on}`, columns: COLUMNS, rows }] : [];
  });
}
