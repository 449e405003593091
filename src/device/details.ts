import { type Dispatch, pieceName } from '../tensor/op.ts';
import { type Plan, pieceKey } from '../tensor/plan.ts';
import { stepAtCapacity } from '../tensor/verify.ts';
import { gridOf } from './grid.ts';
import { bytesMoved } from './traffic.ts';
import { shaderModule } from './webgpu/shaders.ts';

/** The dispatches of a plan as a person reads them: plain data, so that it can cross to a page. */
export interface PlanDetails {
  readonly dispatches: readonly DispatchView[];
  /** WGSL by kernel. */
  readonly code: Readonly<Record<string, string>>;
}

/** One dispatch at the plan's capacity. */
export interface DispatchView {
  readonly routine: string;
  readonly kernel: string;
  readonly reads: readonly OperandView[];
  readonly writes: readonly OperandView[];
  readonly threads: number;
  /** Workgroups in x and y, and invocations in each. */
  readonly grid: readonly [number, number];
  readonly workgroup: number;
  /** Bytes of everything read and written, each once: the least that must move. */
  readonly bytes: number;
  /** Bytes that it loads and stores, gathered rows as often as they are gathered; see `bytesMoved`. */
  readonly moved: number;
  /** Floating-point operations; a multiply-add counts as two. */
  readonly flops: number;
}

export interface OperandView {
  readonly binding: string;
  readonly value: string;
  readonly bytes: number;
}

/** @param workgroup invocations per workgroup that the executor chooses; see `workgroupSize` */
export function planDetails(plan: Plan, workgroup: number): PlanDetails {
  const bytesOf = new Map(plan.placements.map(({ piece, bytes }) => [pieceKey(piece), bytes]));
  const moved = bytesMoved(plan);
  const step = stepAtCapacity(plan);
  const operands = (pieces: Dispatch['reads']): OperandView[] =>
    Object.entries(pieces).map(([binding, piece]) => ({
      binding,
      value: pieceName(piece),
      bytes: bytesOf.get(pieceKey(piece))!,
    }));
  const view = (routine: string, dispatch: Dispatch): DispatchView => {
    const { threads, flops } = dispatch.at(step);
    // A value that is bound twice (a matrix times itself) moves once.
    const pieces = [...Object.values(dispatch.reads), ...Object.values(dispatch.writes)].map(pieceKey);
    return {
      routine,
      kernel: dispatch.kernel,
      reads: operands(dispatch.reads),
      writes: operands(dispatch.writes),
      threads,
      grid: gridOf(threads, workgroup, plan.limits.maxComputeWorkgroupsPerDimension),
      workgroup,
      bytes: [...new Set(pieces)].reduce((sum, key) => sum + bytesOf.get(key)!, 0),
      moved: moved(dispatch, step),
      flops,
    };
  };
  const dispatches = Object.entries(plan.routines).flatMap(([name, list]) => list.map((item) => view(name, item)));
  const kernels = [...new Set(dispatches.map(({ kernel }) => kernel))];
  return { dispatches, code: Object.fromEntries(kernels.map((kernel) => [kernel, shaderModule(kernel).code])) };
}
