// Copies of rows.

struct Params {
  rows: u32,
  width4: u32,
  /// rows from here on become zero
  copied: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn copyRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = id % p.width4;
  var value = vec4f();
  if (row < p.copied) { value = x[row * p.xStride4 + p.xOffset4 + column4]; }
  out[row * p.outStride4 + p.outOffset4 + column4] = value;
}
