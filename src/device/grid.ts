/**
 * Workgroups in x and y that hold at least `threads` invocations: one row of the grid as far as the device's limit goes, then
 * as many rows as it takes. `threadIndex` in shaders/common.wgsl is the inverse.
 * @param most maxComputeWorkgroupsPerDimension
 */
export function gridOf(threads: number, workgroup: number, most: number): readonly [number, number] {
  const groups = Math.ceil(threads / workgroup);
  return [Math.min(groups, most), Math.ceil(groups / most)];
}
