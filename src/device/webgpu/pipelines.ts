import type { DeviceInfo } from '../../run/record.ts';
import type { Dispatch } from '../../tensor/op.ts';
import { PARAMETER_WORDS, type Plan, pieceKey, WORKGROUP } from '../../tensor/plan.ts';
import { type Parameter, type ShaderModule, shaderModule } from './shaders.ts';

/** One dispatch of a plan, ready to be encoded again and again. */
export interface Prepared {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly params: readonly Parameter[];
}

/** Bytes of a parameter block that a kernel sees. */
const PARAMETER_BYTES = 4 * PARAMETER_WORDS;

/**
 * Invocations per workgroup. A software adapter runs a workgroup as a loop, and starting one is what costs: the training
 * step of a GCN on Cora took 0.7 to 0.9 of the time with 256 instead of 64 on lavapipe. A GPU spreads small launches better
 * over its cores with small workgroups.
 */
export function workgroupSize({ software }: DeviceInfo): number {
  return software ? 256 : WORKGROUP;
}

/** Compiles every kernel of the plan once, in parallel, and binds every dispatch. */
export async function preparePipelines(
  device: GPUDevice,
  plan: Plan,
  bufferOf: ReadonlyMap<string, GPUBuffer>,
  uniforms: GPUBuffer,
  workgroup: number,
  edit?: (code: string) => string,
): Promise<Record<string, Prepared[]>> {
  const all = Object.values(plan.routines).flat();
  const firstUse = new Map(all.map((dispatch) => [dispatch.kernel, dispatch]));
  const compiled = new Map(
    await Promise.all(
      [...firstUse].map(
        async ([name, dispatch]) => [name, await compile(device, name, dispatch, workgroup, edit)] as const,
      ),
    ),
  );
  const bind = (dispatch: Dispatch): Prepared => {
    const { pipeline, layout, module } = compiled.get(dispatch.kernel)!;
    const entries = operands(dispatch).map(([name, piece]) => ({
      binding: module.bindings.get(name)!.index,
      resource: { buffer: bufferOf.get(pieceKey(piece))! },
    }));
    const bindGroup = device.createBindGroup({
      layout,
      entries: [{ binding: 0, resource: { buffer: uniforms, offset: 0, size: PARAMETER_BYTES } }, ...entries],
    });
    return { pipeline, bindGroup, params: module.params };
  };
  return Object.fromEntries(Object.entries(plan.routines).map(([name, list]) => [name, list.map(bind)]));
}

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly module: ShaderModule;
}

/** The layout is explicit because automatic layouts know no dynamic offsets. */
export async function compile(
  device: GPUDevice,
  name: string,
  dispatch: Pick<Dispatch, 'reads' | 'writes'>,
  workgroup: number,
  edit?: (code: string) => string,
): Promise<Compiled> {
  const module = shaderModule(name, edit);
  const entries: GPUBindGroupLayoutEntry[] = [
    { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } },
  ];
  for (const [operand] of operands(dispatch)) {
    const binding = module.bindings.get(operand);
    if (!binding) throw new Error(`kernel '${name}' has no binding '${operand}'`);
    const writable = operand in dispatch.writes;
    if (writable !== (binding.access === 'read_write')) {
      throw new Error(
        `kernel '${name}' declares '${operand}' as ${binding.access}, but the op ${writable ? 'writes' : 'reads'} it`,
      );
    }
    entries.push({
      binding: binding.index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: writable ? 'storage' : 'read-only-storage' },
    });
  }
  const layout = device.createBindGroupLayout({ entries, label: name });
  const pipeline = await device.createComputePipelineAsync({
    label: name,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ code: module.code, label: name }),
      entryPoint: module.entry,
      constants: { WORKGROUP: workgroup },
    },
  });
  return { pipeline, layout, module };
}

function operands(dispatch: Pick<Dispatch, 'reads' | 'writes'>) {
  return [...Object.entries(dispatch.reads), ...Object.entries(dispatch.writes)];
}
