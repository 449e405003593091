// out[e] = the weight of an entry over what it is normalised by; 0 over 0 is 0, as in PyTorch Geometric.

struct Params {
  rows: u32,
  heavy: u32,
  byColumn: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(4) var<storage, read> segments: array<vec4u>;
@group(0) @binding(5) var<storage, read> sums: array<f32>;

fn overEntries(row: u32, begin: u32, end: u32) {
  for (var e = begin; e < end; e++) {
    let norm = normOf(row, indices[e]);
    out[e] = select(0.0, weightOf(e) / norm, norm > 0.0);
  }
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows || indptr[row + 1u] - indptr[row] > p.heavy) { return; }
  overEntries(row, indptr[row], indptr[row + 1u]);
}

@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  overEntries(segments[id].x, segments[id].y, segments[id].z);
}
