// Second pass of the heavy rows: merges the states of a row's segments in order.

struct Params {
  rows: u32,
  width4: u32,
  outStride4: u32,
  outOffset4: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
/// (row, first segment, number of segments, 0) of each heavy row
@group(0) @binding(1) var<storage, read> heavyRows: array<vec4u>;
@group(0) @binding(2) var<storage, read> partial: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let heavy = heavyRows[id / p.width4];
  let column4 = id % p.width4;
  var state = accInit();
  for (var s = heavy.y; s < heavy.y + heavy.z; s++) {
    state = accMerge(state, partial[s * p.width4 + column4]);
  }
  putOut(heavy.x * p.outStride4 + p.outOffset4 + column4, accFinish(state));
}
