// The sum of the entries of each row, in order. Rows with more than `heavy` entries are summed in segments and merged.

struct Params {
  rows: u32,
  heavy: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(3) var<storage, read> segments: array<vec4u>;
/// (row, first segment, number of segments, 0) of each heavy row
@group(0) @binding(4) var<storage, read> heavyRows: array<vec4u>;
@group(0) @binding(5) var<storage, read> partial: array<f32>;

fn overEntries(begin: u32, end: u32) -> f32 {
  var sum = 0.0;
  for (var e = begin; e < end; e++) { sum += weightOf(e); }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows || indptr[row + 1u] - indptr[row] > p.heavy) { return; }
  out[row] = overEntries(indptr[row], indptr[row + 1u]);
}

@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  out[id] = overEntries(segments[id].y, segments[id].z);
}

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  let heavy = heavyRows[id];
  var sum = 0.0;
  for (var s = heavy.y; s < heavy.y + heavy.z; s++) { sum += partial[s]; }
  out[heavy.x] = sum;
}
