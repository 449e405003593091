import type { DeviceInfo } from '../../run/record.ts';
import { withTile } from '../../tensor/fusedName.ts';
import type { Dispatch, Launch } from '../../tensor/op.ts';
import { type Limits, PARAMETER_WORDS, type Plan, pieceKey, WORKGROUP } from '../../tensor/plan.ts';
import { invocations, isOffered, type Tile } from '../../tensor/tiles.ts';
import { gridOf } from '../grid.ts';
import { type Tiling, tilingKey } from '../tiling.ts';
import { type Parameter, type ShaderModule, shaderModule } from './shaders.ts';

/** One dispatch of a plan, ready to be encoded again and again. */
export interface Prepared {
  readonly pipeline: GPUComputePipeline;
  /** Its operands, and its parameters where they lie in the uniform buffer: from this byte on. */
  bindingsAt(offset: number): GPUBindGroup;
  readonly params: readonly Parameter[];
  /** Of a kernel that has several. */
  readonly tile: Tile | null;
  /** Invocations per workgroup. */
  readonly workgroup: number;
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

export interface Pipelines {
  /** The tile that the tiling knows for a dispatch, else the first; null for a kernel that has none. */
  tileOf(dispatch: Dispatch): Tile | null;
  /** A dispatch of the plan in one of its tiles. Every kernel is compiled once. */
  prepare(dispatch: Dispatch, tile: Tile | null): Promise<Prepared>;
}

export function newPipelines(
  device: GPUDevice,
  plan: Plan,
  bufferOf: ReadonlyMap<string, GPUBuffer>,
  uniforms: GPUBuffer,
  workgroup: number,
  tiling: Tiling,
  edit?: (code: string) => string,
): Pipelines {
  const compiled = new Map<string, Promise<Compiled>>();
  return {
    tileOf(dispatch) {
      const { tiles } = dispatch;
      if (!tiles) return null;
      const key = tilingKey(dispatch, plan.capacity);
      const known = key === null ? undefined : tiling[key];
      // A tiling is data from outside: a run file may name what this device cannot run.
      const offers = { subgroups: device.features.has('subgroups') };
      return tiles.find((tile) => tile.name === known && isOffered(tile, offers)) ?? tiles[0];
    },

    async prepare(dispatch, tile) {
      const first = dispatch.tiles?.[0] ?? null;
      const name = tile && tile !== first ? withTile(dispatch.kernel, tile.name) : dispatch.kernel;
      const size = tile?.workgroup ?? workgroup;
      let compiling = compiled.get(name);
      if (!compiling) {
        compiling = compile(device, name, dispatch, size, edit);
        compiled.set(name, compiling);
      }
      const { pipeline, layout, module } = await compiling;
      const entries = operands(dispatch).map(([name, piece]) => ({
        binding: module.bindings.get(name)!.index,
        resource: { buffer: bufferOf.get(pieceKey(piece))! },
      }));
      const made = new Map<number, GPUBindGroup>();
      const bindingsAt = (offset: number) => {
        let group = made.get(offset);
        if (!group) {
          const parameters = { buffer: uniforms, offset, size: PARAMETER_BYTES };
          group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: parameters }, ...entries] });
          made.set(offset, group);
        }
        return group;
      };
      return { pipeline, bindingsAt, params: module.params, tile, workgroup: size };
    },
  };
}

/** Every dispatch of the plan, in the tile that is known for it. */
export async function prepareAll(plan: Plan, { prepare, tileOf }: Pipelines): Promise<Record<string, Prepared[]>> {
  const routines = Object.entries(plan.routines).map(
    async ([name, list]) =>
      [name, await Promise.all(list.map((dispatch) => prepare(dispatch, tileOf(dispatch))))] as const,
  );
  return Object.fromEntries(await Promise.all(routines));
}

/** The grid of a launch. */
export function workgroupsOf(
  { threads, covers }: Launch,
  { tile, workgroup }: Prepared,
  { maxComputeWorkgroupsPerDimension }: Limits,
): readonly [number, number] {
  return gridOf(tile ? invocations(tile, covers!) : threads, workgroup, maxComputeWorkgroupsPerDimension);
}

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly module: ShaderModule;
}

/**
 * The layout is explicit because an automatic one leaves out what the entry point does not use. It has no dynamic offsets: for each of
 * them lavapipe copies the descriptors into new memory, at every dispatch (38 µs instead of 17 with nothing to do).
 */
export async function compile(
  device: GPUDevice,
  name: string,
  dispatch: Pick<Dispatch, 'reads' | 'writes'>,
  workgroup: number,
  edit?: (code: string) => string,
): Promise<Compiled> {
  const module = shaderModule(name, edit);
  const entries: GPUBindGroupLayoutEntry[] = [
    { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform' } },
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
