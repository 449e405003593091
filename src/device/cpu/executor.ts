import { AllocationError, firstLine } from '../../config/errors.ts';
import { flowName, parseFusedName, stageName, storedName } from '../../tensor/fusedName.ts';
import type { Dispatch, Launch, Step } from '../../tensor/op.ts';
import { type Placement, type Plan, pieceKey } from '../../tensor/plan.ts';
import { evaluate, type Purpose, type Value } from '../../tensor/value.ts';
import type { Executor, HostArray } from '../executor.ts';
import { type HalfConversions, halfConversions, packHalves, unpackHalves } from '../half.ts';
import { padInto, padRows, placementsOf, rowWords, sameLayout, unpadRows } from '../layout.ts';
import { type HostPurpose, type Ledger, newLedger } from '../ledger.ts';
import { newTimes, type OnLaunch, type Times } from '../times.ts';
import { activationKernels } from './activation.ts';
import { aggregateKernels } from './aggregate.ts';
import { attentionKernels } from './attention.ts';
import { CPU, fitsSimd, isValueBuffer, PAGE, unusedOfPages } from './bytes.ts';
import { copyKernels } from './copy.ts';
import { dotKernels } from './dot.ts';
import { halfOperands, halfScratchBytes } from './halfOperands.ts';
import { headKernels } from './heads.ts';
import type { CpuKernel, Floats, Operands } from './kernel.ts';
import { learningKernels } from './learning.ts';
import { matmulKernels } from './matmul.ts';
import { normKernels } from './norm.ts';
import { rowDotsKernels } from './rowDots.ts';
import { rowKernels } from './rows.ts';
import { simdHalves, simdKernels } from './simd.ts';
import { sumRowKernels } from './sumRows.ts';
import { tieKernels } from './ties.ts';

/**
 * Runs the same plan on typed arrays: the fallback where there is no WebGPU and, in double precision, the oracle of the
 * tests. It needs no parameter blocks and no staging, so those buffers of the plan are not allocated. In single precision
 * all buffers lie in one memory of WebAssembly, whose vector instructions do most of the work (simd.ts).
 */
export const cpuKernels: Readonly<Record<string, CpuKernel>> = {
  ...activationKernels,
  ...aggregateKernels,
  ...attentionKernels,
  ...matmulKernels,
  ...rowDotsKernels,
  ...rowKernels,
  ...sumRowKernels,
  ...dotKernels,
  ...copyKernels,
  ...headKernels,
  ...normKernels,
  ...tieKernels,
  ...learningKernels,
};

export interface Options {
  /** 64 makes every float a double: the oracle. */
  readonly precision?: 32 | 64;
  /** Fills each value with NaN as soon as it is dead, so that a plan that reads it shows. */
  readonly poison?: boolean;
  /** Instead of the usual ones: tests break some to see that the checkers notice, and measure by those in JavaScript. */
  readonly kernels?: Readonly<Record<string, CpuKernel>>;
  /** Called after each buffer was allocated. */
  readonly onAllocate?: (ledger: Ledger) => void;
}

const HALF_NAN = 0x7e00;

/** The operands of a stage that works in place: what flows through it is what was computed. */
function stageOperands({ floats, words }: Operands, stage: Dispatch, flowing: string, k: number): Operands {
  const names = Object.keys({ ...stage.reads, ...stage.writes }).filter((name) => name !== flowing && name !== 'out');
  const pick = <T>(from: Readonly<Record<string, T>>) =>
    Object.fromEntries(names.flatMap((n) => (stageName(n, k) in from ? [[n, from[stageName(n, k)]]] : [])));
  return { floats: { ...pick(floats), [flowing]: floats.out, out: floats.out }, words: pick(words) };
}

interface BoundStage {
  readonly kernel: CpuKernel;
  readonly operands: Operands;
  readonly kept: Floats | null;
  /** Whether what flows in would be stored in half precision. */
  readonly half: boolean;
  at(step: Step): Launch;
}

function runStage(
  { kernel, operands, kept, half, at }: BoundStage,
  out: Floats,
  step: Step,
  convert: HalfConversions,
): void {
  const { params, threads } = at(step);
  if (threads === 0) return;
  if (half) convert.round(out as Float32Array);
  kept?.set(out.subarray(0, kept.length));
  kernel(operands, params);
}

/** Where a buffer lies. */
interface Region {
  readonly memory: ArrayBuffer;
  readonly offset: number;
}

/** All buffers in one memory, for the kernels of simd.ts. */
function allocatePages(sizes: readonly number[], bytes: number): { regions: Region[]; pages: WebAssembly.Memory } {
  const pages = orDeviceError(bytes, () => new WebAssembly.Memory({ initial: (bytes + unusedOfPages(bytes)) / PAGE }));
  let offset = 0;
  const regions = sizes.map((size) => {
    const region = { memory: pages.buffer, offset };
    offset += size;
    return region;
  });
  return { regions, pages };
}

function allocateApart(sizes: readonly number[], bytes: number): { regions: Region[]; pages: null } {
  const regions = sizes.map((size) => orDeviceError(bytes, () => ({ memory: new ArrayBuffer(size), offset: 0 })));
  return { regions, pages: null };
}

function orDeviceError<T>(bytes: number, allocate: () => T): T {
  try {
    return allocate();
  } catch (error) {
    throw new AllocationError(
      `there is no memory for the ${bytes} bytes of this plan (${firstLine((error as Error).message)}); ` +
        'set memory.gpuBudget lower, or sampling.strategy=neighbor with a smaller sampling.batchSize',
    );
  }
}

/** @throws AllocationError where the host has not enough memory */
export function cpuExecutor(plan: Plan, options: Options = {}): Executor {
  const { precision = 32, poison = false } = options;
  const floats = precision === 32 ? Float32Array : Float64Array;
  // The oracle keeps everything in double precision.
  const rounds = precision === 32;
  const scale = rounds ? 1 : plan.placements.some(({ half }) => half) ? 4 : 2;
  const sizes = plan.buffers.map((buffer) => (isValueBuffer(buffer) ? buffer.bytes * scale : 0));
  const unpacked = rounds ? halfScratchBytes(plan) : 0;
  sizes.push(unpacked);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const { regions, pages } = rounds && fitsSimd(bytes) ? allocatePages(sizes, bytes) : allocateApart(sizes, bytes);
  const kernels = options.kernels ?? (pages ? { ...cpuKernels, ...simdKernels(pages) } : cpuKernels);
  const convert = pages ? simdHalves(pages) : halfConversions;
  const held: [Purpose | HostPurpose, number][] = plan.buffers.map(({ purpose }, i) => [purpose, sizes[i]]);
  held.push(['unpacked', unpacked]);
  if (pages) held.push(['pages', unusedOfPages(bytes)]);
  const ledger = newLedger();
  for (const [purpose, size] of held) {
    if (size === 0) continue;
    ledger.add(purpose, size);
    options.onAllocate?.(ledger);
  }
  let times: Times | null = null;
  let told: OnLaunch | undefined;
  const placementOf = new Map(plan.placements.map((placement) => [pieceKey(placement.piece), placement]));

  const view = (placement: Placement): Floats | Uint32Array => {
    const { memory, offset } = regions[placement.buffer];
    const words = placement.bytes / (placement.half ? 2 : 4);
    if (placement.piece.value.dtype === 'u32') return new Uint32Array(memory, offset, words);
    return new floats(memory, offset, words);
  };

  const packed = (placement: Placement): Uint16Array => {
    const { memory, offset } = regions[placement.buffer];
    return new Uint16Array(memory, offset, placement.bytes / 2);
  };

  const bind = (dispatch: Dispatch, at: number) => {
    const kernelOf = (name: string) => {
      const kernel = kernels[name];
      if (!kernel) throw new Error(`kernel '${name}' is not in src/device/cpu`);
      return kernel;
    };
    const name = parseFusedName(dispatch.kernel);
    const kernel = kernelOf(name.head);
    const floats: Record<string, Floats> = {};
    const words: Record<string, Uint32Array> = {};
    const dying: (Floats | Uint16Array)[] = [];
    const scratch = regions[plan.buffers.length];
    const halves = rounds ? halfOperands(plan, dispatch, placementOf, packed, scratch, convert) : null;
    for (const [name, piece] of [...Object.entries(dispatch.reads), ...Object.entries(dispatch.writes)]) {
      const placement = placementOf.get(pieceKey(piece))!;
      const array = halves?.floats(pieceKey(piece)) ?? view(placement);
      if (array instanceof Uint32Array) words[name] = array;
      else {
        floats[name] = array;
        const dies = !placement.resident && placement.to === at;
        if (dies) dying.push(placement.half && rounds ? packed(placement) : array);
      }
    }
    const operands: Operands = { floats, words };
    const stages = (dispatch.tail?.stages ?? []).map(({ dispatch: stage, operand, kept }, i) => ({
      kernel: kernelOf(stage.kernel),
      at: stage.at,
      operands: stageOperands(operands, stage, operand, i + 1),
      kept: kept && floats[storedName(i + 1)],
      half: rounds && name.halves.includes(flowName(i + 1)),
    }));
    return { kernel, dispatch, operands, halves, stages, last: dispatch.tail?.last, dying };
  };
  let timeline = 0;
  const routines = Object.fromEntries(
    Object.entries(plan.routines).map(([name, list]) => [name, list.map((dispatch) => bind(dispatch, timeline++))]),
  );

  const numbersOf = (placement: Placement) => {
    if (!placement.half || !rounds) return view(placement);
    const numbers = new Float32Array(placement.bytes / 2);
    unpackHalves(packed(placement), numbers);
    return numbers;
  };

  const read = (value: Value): HostArray => {
    const rows = evaluate(value.rows, plan.capacity);
    const out = value.dtype === 'u32' ? new Uint32Array(rows * value.cols) : new floats(rows * value.cols);
    for (const placement of placementsOf(plan, value)) unpadRows(numbersOf(placement), placement, 0, rows, out);
    return out;
  };

  return {
    ledger,
    description: CPU,
    write(value, data) {
      for (const placement of placementsOf(plan, value)) {
        const rows = data.length / value.cols;
        if (sameLayout(placement)) view(placement).set(data);
        else if (!placement.half || !rounds) padInto(view(placement), data, placement, 0, rows);
        else {
          const width = rowWords(placement);
          for (let row = 0; row < rows; row++) {
            const numbers = padRows(data, placement, row, 1);
            packHalves(numbers as Float32Array, packed(placement).subarray(row * width));
          }
        }
      }
    },
    async run(routine, step) {
      routines[routine].forEach(({ kernel, dispatch, operands, halves, stages, last, dying }, i) => {
        const { params, threads } = dispatch.at(step);
        const begin = times ? performance.now() : 0;
        if (threads > 0 || last) halves?.unpack(step);
        if (threads > 0) kernel(operands, params);
        if (last) for (const stage of stages) runStage(stage, operands.floats.out, step, convert);
        if (threads > 0 || last) halves?.pack(step);
        if (times && threads > 0) {
          const end = performance.now();
          times.add(routine, i, end - begin);
          told?.(routine, i, begin, end);
        }
        if (poison) for (const array of dying) array.fill(array instanceof Uint16Array ? HALF_NAN : Number.NaN);
      });
    },
    profile: {
      start(onLaunch) {
        times = newTimes(Object.keys(plan.routines));
        told = onLaunch;
      },
      async stop() {
        const found = times?.list() ?? [];
        times = null;
        return found;
      },
    },
    done: async () => performance.now(),
    results: async () => new Map(plan.results.map((value) => [value, read(value)])),
    read: async (value) => read(value),
    destroy() {
      for (const [purpose, size] of held) if (size > 0) ledger.remove(purpose, size);
      held.length = 0;
      regions.length = 0;
    },
  };
}
