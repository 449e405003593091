// Aggregation over the entries of compressed sparse rows: out[row] = accumulate over e of weight(e) · x[indices[e]].
// One invocation per row and vec4 of columns; neighbouring invocations read neighbouring columns of the same x row. The
// entries of a row are taken in order, so the result does not depend on the grid. Rows with more than `heavy` entries are
// left to `segments` and `merge`.

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
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(5) var<storage, read> segments: array<vec4u>;

fn overEntries(begin: u32, end: u32, column4: u32) -> vec4f {
  var state = accInit();
  for (var e = begin; e < end; e++) {
    state = accumulate(state, weightOf(e), xAt(indices[e] * p.xStride4 + p.xOffset4 + column4));
  }
  return state;
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = id % p.width4;
  let begin = indptr[row];
  let end = indptr[row + 1u];
  if (end - begin > p.heavy) { return; }
  putOut(row * p.outStride4 + p.outOffset4 + column4, accFinish(overEntries(begin, end, column4)));
}

@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let segment = segments[id / p.width4];
  putOut(id, overEntries(segment.y, segment.z, id % p.width4));
}
