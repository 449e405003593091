// The two gradients of the dot products of rows with a vector, per head (rowDots.wgsl).

struct Params {
  rows: u32,
  heads: u32,
  channels: u32,
  scoreStride: u32,
  width4: u32,
  /// first column of this panel, in vec4 units
  column4: u32,
  chunk: u32,
  count: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> upstream: array<f32>;
@group(0) @binding(2) var<storage, read> vector: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

/// The upstream gradients of the heads of four columns; padding belongs to the last head.
fn upstreamOf(row: u32, column4: u32) -> vec4f {
  let head = min((vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u)) / p.channels, vec4u(p.heads - 1u)) + row * p.scoreStride;
  return vec4f(upstream[head.x], upstream[head.y], upstream[head.z], upstream[head.w]);
}

@compute @workgroup_size(WORKGROUP)
fn rowGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let column4 = p.column4 + id % p.width4;
  putOut(id, upstreamOf(id / p.width4, column4) * vector[column4]);
}

// The gradient of the vector, a sum over rows; the files of sumRows/ say how they are cut.
fn sumOfRows(begin: u32, end: u32, column4: u32) -> vec4f {
  var sum = vec4f();
  for (var row = begin; row < end; row++) { sum += upstreamOf(row, p.column4 + column4) * xAt(row * p.width4 + column4); }
  return sum;
}
