// Dot products of the rows of a matrix with a vector, per head, and their two gradients.

struct Params {
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  stride: u32,
  offset: u32,
  scoreStride: u32,
  width4: u32,
  column4: u32,
  chunk: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> vector: array<f32>;
@group(0) @binding(3) var<storage, read> upstream: array<f32>;
@group(0) @binding(4) var<storage, read> vector4: array<vec4f>;
@group(0) @binding(5) var<storage, read> x4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(0) @binding(7) var<storage, read_write> out4: array<vec4f>;

// out[row, head] = Σ over the head's channels of x · vector
@compute @workgroup_size(WORKGROUP)
fn dots(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.heads) { return; }
  let row = id / p.heads;
  let head = id % p.heads;
  let at = row * p.stride + p.offset + head * p.channels;
  let v = (p.headFirst + head) * p.channels;
  var sum = 0.0;
  for (var c = 0u; c < p.channels; c += 4u) {
    let four = vec4f(vector[v + c], vector[v + c + 1u], vector[v + c + 2u], vector[v + c + 3u]);
    sum = plusProducts(sum, xFrom(at + c), four, p.channels - c);
  }
  out[row * p.scoreStride + p.headFirst + head] = sum;
  let end = p.headFirst + p.heads;
  if (head + 1u == p.heads && p.scoreStride - end < 4u) {
    for (var c = end; c < p.scoreStride; c++) { out[row * p.scoreStride + c] = 0.0; }
  }
}

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
  putOut4(id, upstreamOf(id / p.width4, column4) * vector4[column4]);
}

// partial[chunk][column] = Σ over the rows of a chunk; reduce.wgsl adds the chunks.
@compute @workgroup_size(WORKGROUP)
fn vectorGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let begin = id / p.width4 * p.chunk;
  if (begin >= p.rows) { return; }
  let column4 = id % p.width4;
  let end = min(begin + p.chunk, p.rows);
  var sum = vec4f();
  for (var row = begin; row < end; row++) { sum += upstreamOf(row, p.column4 + column4) * x4At(row * p.width4 + column4); }
  putOut4(id, sum);
}
