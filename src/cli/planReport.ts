import { type OperandView, planDetails } from '../device/details.ts';
import { type PictureBlock, type PictureBuffer, planPicture } from '../tensor/picture.ts';
import { type Plan, WORKGROUP } from '../tensor/plan.ts';
import { type DType, evaluate, type Sizes } from '../tensor/value.ts';

/**
 * A plan in numbers: what `edgewise plan` prints, as plain data. Bytes, threads and operations are those of the plan's
 * capacity: of every step of a full batch, of the largest batch of a sampled run.
 */
export interface PlanReport {
  /** Of all buffers: the exact peak on the device. */
  readonly bytes: number;
  /** Of the buffers, by purpose. */
  readonly purposes: Readonly<Record<string, number>>;
  /** The number behind each symbolic size. */
  readonly capacity: Sizes;
  /** In the order in which they were placed. A value that is cut into column panels is one row for each. */
  readonly values: readonly ValueReport[];
  /** Every buffer; `buffer` of a value and the order of this list agree. What stays first, shared slots next, service buffers last. */
  readonly slots: readonly PictureBuffer[];
  readonly routines: readonly RoutineReport[];
  /** Those of all routines together, each run once, by kernel; the one that moves most first. */
  readonly kernels: readonly (Work & { readonly kernel: string })[];
  readonly total: Work;
}

/** A value, its slot, and its life: the first and the last dispatch that touch it, by `at`. */
export interface ValueReport extends PictureBlock {
  readonly rows: number;
  readonly cols: number;
  readonly dtype: DType | 'f16';
  /** Has its slot for itself as long as the plan lives. */
  readonly resident: boolean;
}

export interface RoutineReport {
  readonly name: string;
  readonly dispatches: readonly DispatchReport[];
  readonly total: Work;
}

export interface DispatchReport extends Omit<Work, 'dispatches'> {
  /** On the timeline of all routines, one after the other. */
  readonly at: number;
  readonly kernel: string;
  readonly reads: readonly OperandView[];
  readonly writes: readonly OperandView[];
}

/** Sums over dispatches. */
export interface Work {
  readonly dispatches: number;
  readonly threads: number;
  /** Bytes loaded and stored; see `bytesMoved`. */
  readonly moved: number;
  /** Bytes of everything bound, once for each dispatch: the least that must move. */
  readonly least: number;
  /** Floating-point operations; see `Launch.flops`. */
  readonly flops: number;
}

export function planReport(plan: Plan): PlanReport {
  const { bytes, buffers, blocks } = planPicture(plan);
  const purposes: Record<string, number> = {};
  for (const buffer of buffers) purposes[buffer.purpose] = (purposes[buffer.purpose] ?? 0) + buffer.bytes;
  // Workgroups and grids are left out, so any will do.
  const all = planDetails(plan, WORKGROUP).dispatches.map(({ routine, ...view }, at) => ({
    routine,
    report: {
      at,
      kernel: view.kernel,
      reads: view.reads,
      writes: view.writes,
      threads: view.threads,
      moved: view.moved,
      least: view.bytes,
      flops: view.flops,
    } satisfies DispatchReport,
  }));
  const reports = all.map(({ report }) => report);
  const kernels = Array.from(new Set(reports.map(({ kernel }) => kernel)), (name) => ({
    kernel: name,
    ...sum(reports.filter(({ kernel }) => kernel === name)),
  }));
  return {
    bytes,
    purposes,
    capacity: plan.capacity,
    // The picture has its blocks in the order of the placements.
    values: plan.placements.map(({ piece: { value }, panel, resident, half }, i) => ({
      ...blocks[i],
      rows: evaluate(value.rows, plan.capacity),
      cols: panel.cols,
      dtype: half ? 'f16' : value.dtype,
      resident,
    })),
    slots: buffers,
    routines: Object.keys(plan.routines).map((name) => {
      const dispatches = all.filter(({ routine }) => routine === name).map(({ report }) => report);
      return { name, dispatches, total: sum(dispatches) };
    }),
    kernels: kernels.sort((a, b) => b.moved - a.moved),
    total: sum(reports),
  };
}

function sum(list: readonly Omit<Work, 'dispatches'>[]): Work {
  const over = (of: (item: Omit<Work, 'dispatches'>) => number) => list.reduce((total, item) => total + of(item), 0);
  return {
    dispatches: list.length,
    threads: over(({ threads }) => threads),
    moved: over(({ moved }) => moved),
    least: over(({ least }) => least),
    flops: over(({ flops }) => flops),
  };
}
