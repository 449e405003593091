// Second pass of the heavy rows of the gradients of GAT's scores: adds the sums of a row's segments in order. Heads of a range may
// begin anywhere, and numbers per head stay in f32.

struct Params {
  rows: u32,
  /// heads of this range
  width: u32,
  outStride: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
/// (row, first segment, number of segments, 0) of each heavy row
@group(0) @binding(1) var<storage, read> heavyRows: array<vec4u>;
@group(0) @binding(2) var<storage, read> partial: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn mergeSum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width) { return; }
  let heavy = heavyRows[id / p.width];
  let column = id % p.width;
  var sum = 0.0;
  for (var s = heavy.y; s < heavy.y + heavy.z; s++) { sum += partial[s * p.width + column]; }
  let rowAt = heavy.x * p.outStride;
  out[rowAt + p.outOffset + column] = sum;
  let end = p.outOffset + p.width;
  if (column + 1u == p.width && p.outStride - end < 4u) {
    for (var c = end; c < p.outStride; c++) { out[rowAt + c] = 0.0; }
  }
}
