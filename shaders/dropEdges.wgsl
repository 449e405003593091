// DropEdge, the same function as src/graph/dropEdges.ts: out[e] is the weight of an entry, or 0 where its edge is dropped.
// An edge is a pair of global ids in ascending order, so both directions share its fate; a self-loop stays.

struct Params {
  rows: u32,
  heavy: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(4) var<storage, read> segments: array<vec4u>;

fn overEntries(row: u32, begin: u32, end: u32) {
  let id = globalRow(row);
  for (var e = begin; e < end; e++) {
    let other = globalRow(indices[e]);
    let bits = threefry(vec2u(p.key0, p.key1), vec2u(min(id, other), max(id, other))).x & 0xffffu;
    out[e] = select(weightOf(e), 0.0, id != other && bits < p.threshold);
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
