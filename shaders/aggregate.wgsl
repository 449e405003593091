// Aggregation over the entries of compressed sparse rows: out[row] = accumulate over e of weight(e) · x[indices[e]].
// The entries of a row are taken in order, so the result depends neither on the grid nor on the tile. Rows with more than `heavy`
// entries are left to `segments` and `merge`. A module is this file and a tile (aggregate/): how many vec4 of a row one invocation
// sums, as far apart as there are invocations for the row, so that neighbours read neighbouring columns of the same x row; and in which
// order rows are taken.

struct Params {
  rows: u32,
  width4: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
  heavy: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
/// rows + 1 row pointers, and after them the order of the rows
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(5) var<storage, read> segments: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let tiles = tilesOfRow();
  if (id >= p.rows * tiles) { return; }
  let row = rowOf(id / tiles);
  let begin = indptr[row];
  let end = indptr[row + 1u];
  if (end - begin > p.heavy) { return; }
  putTile(row * p.outStride4 + p.outOffset4, id % tiles, finished(overEntries(begin, end, id % tiles)));
}

@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let tiles = tilesOfRow();
  if (id >= p.rows * tiles) { return; }
  let segment = segments[id / tiles];
  putTile(id / tiles * p.width4, id % tiles, overEntries(segment.y, segment.z, id % tiles));
}
