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
}

/** What a launch computes: rows, vec4 of each, and how often (parts of a sum that is split). */
export type Covers = readonly [rows: number, width4: number, parts: number];

export const MATMUL_TILES: readonly Tile[] = [
  { name: '4x4', rows: 4, width4: 1 },
  { name: '8x8', rows: 8, width4: 2 },
  { name: '64x64', rows: 64, width4: 16, workgroup: 64 },
];

export const AGGREGATE_TILES: readonly Tile[] = [
  { name: '1x4', rows: 1, width4: 1 },
  { name: '1x8', rows: 1, width4: 2 },
  { name: '1x16', rows: 1, width4: 4 },
  { name: '1x64', rows: 1, width4: 16 },
];

/**
 * The tiles worth trying: one that is wider than the launch, where a narrower one of as many rows covers it whole, is left out; so is
 * one that a workgroup computes together where the adapter is software. Mesa's lavapipe makes coroutines of its barriers: LLVM took 18 s
 * for one such kernel on busy cores, and workgroup memory made no product faster there.
 */
export function tilesFor(tiles: readonly Tile[], [, width4]: Covers, software: boolean): readonly Tile[] {
  return tiles.filter((tile) => {
    if (software && tile.workgroup !== undefined) return false;
    const narrower = ({ rows, workgroup, width4: covered }: Tile) =>
      rows === tile.rows && workgroup === tile.workgroup && covered < tile.width4;
    return !tiles.some((other) => narrower(other) && other.width4 >= width4);
  });
}

/** Invocations that cover it. */
export function invocations({ rows, width4, workgroup = 1 }: Tile, [allRows, allWidth4, parts]: Covers): number {
  return Math.ceil(allRows / rows) * Math.ceil(allWidth4 / width4) * parts * workgroup;
}
