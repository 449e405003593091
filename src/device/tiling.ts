import { parseFusedName } from '../tensor/fusedName.ts';
import type { Dispatch, Launch } from '../tensor/op.ts';
import type { Sizes } from '../tensor/value.ts';

/**
 * Which tile a device runs a kernel in, by kernel and shape; where nothing is known, the first of the kernel's tiles. It belongs to one
 * device and grows as kernels are tuned.
 */
export type Tiling = Record<string, string>;

/** Where tilings are remembered, by device; never rejects, because forgetting costs a little time only. */
export interface Tilings {
  read(device: string): Promise<Tiling>;
  write(device: string, tiling: Tiling): Promise<void>;
}

/** For as long as the process lives. */
export function memoryTilings(): Tilings {
  const known = new Map<string, Tiling>();
  return {
    read: async (device) => ({ ...known.get(device) }),
    write: async (device, tiling) => void known.set(device, { ...tiling }),
  };
}

/** A launch at the plan's capacity: the same in every run, whatever its first batch is. */
export function launchAt({ at }: Dispatch, capacity: Sizes): Launch {
  return at({ sizes: capacity, scalars: {}, key: [0, 0] });
}

/**
 * What a tile is chosen for: a kernel, without what was fused into it (a value that is computed again with another tail is computed in
 * the same tile), and its shape at the plan's capacity. Null where there is no choice.
 */
export function tilingKey(dispatch: Dispatch, capacity: Sizes): string | null {
  const { kernel, tiles } = dispatch;
  if (!tiles || tiles.length < 2) return null;
  const { covers, work } = launchAt(dispatch, capacity);
  const { head, halves } = parseFusedName(kernel);
  const own = halves.filter((name) => !/_\d+$/.test(name));
  return [head, ...(own.length > 0 ? [`(${own})`] : []), covers!.join('×'), work].join(' ');
}
