import { AllocationError, firstLine } from '../../config/errors.ts';
import type { Plan } from '../../tensor/plan.ts';
import { BULK, RESULTS, TIMES_READ, TIMESTAMPS, UNIFORMS } from '../../tensor/plan.ts';
import { type Ledger, newLedger } from '../ledger.ts';

/** The one place that creates GPU buffers: exactly those of the plan, all at once, each in the ledger. */
export interface Allocation {
  /** Aligned with plan.buffers. */
  readonly buffers: readonly GPUBuffer[];
  readonly ledger: Ledger;
  destroy(): void;
}

export interface AllocateOptions {
  /** Called after each buffer was allocated. */
  readonly onAllocate?: (ledger: Ledger) => void;
  /** Ends waits that the device will not end; see DeviceWatch.unlessLost. */
  readonly wait?: <T>(promise: Promise<T>) => Promise<T>;
}

/**
 * @throws AllocationError that says what was asked for, what was held and what to change; everything is released first
 */
export async function allocate(device: GPUDevice, plan: Plan, options: AllocateOptions = {}): Promise<Allocation> {
  const ledger = newLedger();
  const buffers: GPUBuffer[] = [];
  const destroy = () => {
    buffers.forEach((buffer, i) => {
      buffer.destroy();
      ledger.remove(plan.buffers[i].purpose, plan.buffers[i].bytes);
    });
    buffers.length = 0;
  };
  try {
    for (const { bytes, purpose, label } of plan.buffers) {
      const { held } = ledger;
      const refused = await create(device, { size: bytes, usage: usageOf(label), label }, options.wait, (buffer) => {
        buffers.push(buffer);
        ledger.add(purpose, bytes);
      });
      if (refused !== null) {
        throw new AllocationError(
          `the device refused ${bytes} bytes for '${label}' while ${held} of the planned ${plan.bytes} bytes were held ` +
            `(${firstLine(refused)}); set memory.gpuBudget lower, or sampling.strategy=neighbor with a smaller sampling.batchSize.`,
        );
      }
      options.onAllocate?.(ledger);
    }
  } catch (error) {
    destroy();
    throw error;
  }
  return { buffers, ledger, destroy };
}

/** Why a buffer was refused, null where it was not; `made` gets what has to be destroyed in either case. */
async function create(
  device: GPUDevice,
  descriptor: GPUBufferDescriptor,
  wait: AllocateOptions['wait'] = (promise) => promise,
  made: (buffer: GPUBuffer) => void,
): Promise<string | null> {
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  let thrown: string | null = null;
  try {
    made(device.createBuffer(descriptor));
  } catch (error) {
    thrown = (error as Error).message;
  }
  const [invalid, outOfMemory] = await wait(Promise.all([device.popErrorScope(), device.popErrorScope()]));
  return thrown ?? invalid?.message ?? outOfMemory?.message ?? null;
}

function usageOf(label: string): GPUBufferUsageFlags {
  const readBack = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const service: Record<string, GPUBufferUsageFlags> = {
    [UNIFORMS]: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    [RESULTS]: readBack,
    [BULK]: readBack,
    [TIMESTAMPS]: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    [TIMES_READ]: readBack,
  };
  return service[label] ?? GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
}
