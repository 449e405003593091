// Dot products of the rows of a matrix with a vector, per head.

struct Params {
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  stride: u32,
  offset: u32,
  scoreStride: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> vector: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

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
