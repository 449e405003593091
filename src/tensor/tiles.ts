/**
 * Tiles: how much of its output a kernel computes at once. All tiles of a kernel add up in one order, so a device may
 * choose the one that it is fastest with; see src/device/webgpu/autotune.ts.
 */
export interface Tile {
  /** Rows × columns. The first of a list is the kernel of the op itself, the others are kernels `NAME#TILE`. */
  readonly name: string;
  readonly rows: number;
  readonly width4: number;
  /** Invocations that compute one tile together: a workgroup. One invocation where it is left out. */
  readonly workgroup?: number;
  /** Whether they pass numbers on within a subgroup, which not every device can. */
  readonly subgroups?: boolean;
  /**
   * Not tried where software imitates a GPU. Mesa's lavapipe has too few registers for 64 sums, which takes 1.3 times as long there, and
   * makes coroutines of barriers: LLVM took 18 s to compile a kernel with workgroup memory on busy cores, and it made nothing faster.
   */
  readonly hardware?: boolean;
}

/** What a device offers, as far as tiles depend on it. */
export interface Offers {
  readonly software: boolean;
  readonly subgroups: boolean;
}

/** What a launch computes: rows, vec4 of each, and how often (parts of a sum that is split). */
export type Covers = readonly [rows: number, width4: number, parts: number];

export const MATMUL_TILES: readonly Tile[] = [
  { name: '4x4', rows: 4, width4: 1 },
  { name: '8x8', rows: 8, width4: 2, hardware: true },
  { name: '8x64', rows: 8, width4: 16, workgroup: 16, subgroups: true },
  { name: '8x256', rows: 8, width4: 64, workgroup: 64, subgroups: true },
  { name: '64x64', rows: 64, width4: 16, workgroup: 64, hardware: true },
];

export const AGGREGATE_TILES: readonly Tile[] = [
  { name: '1x4', rows: 1, width4: 1 },
  { name: '1x8', rows: 1, width4: 2 },
  { name: '1x16', rows: 1, width4: 4 },
  { name: '1x64', rows: 1, width4: 16 },
];

/** Whether a device can run it. */
export const isOffered = ({ subgroups }: Tile, offers: Pick<Offers, 'subgroups'>) => !subgroups || offers.subgroups;

/**
 * The tiles worth trying, of those that the device can run. Left out are
 * - a tile that is wider than the launch, where a narrower one of as many rows covers it whole;
 * - a tile of several invocations, more than half of which would have nothing to do;
 * - a tile for hardware, where the adapter is software.
 */
export function tilesFor(tiles: readonly Tile[], [, width4]: Covers, offers: Offers): readonly Tile[] {
  return tiles.filter((tile) => {
    const { rows, workgroup, hardware } = tile;
    if (!isOffered(tile, offers) || (hardware && offers.software)) return false;
    if (workgroup !== undefined && 2 * width4 < tile.width4) return false;
    const narrower = (other: Tile) => other.rows === rows && other.width4 < tile.width4;
    return !tiles.some((other) => narrower(other) && other.width4 >= width4);
  });
}

/** Invocations that cover it. */
export function invocations({ rows, width4, workgroup = 1 }: Tile, [allRows, allWidth4, parts]: Covers): number {
  return Math.ceil(allRows / rows) * Math.ceil(allWidth4 / width4) * parts * workgroup;
}
