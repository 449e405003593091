// A kernel binds eight buffers at most, so what the backward pass of attention needs beside matrices is in one:
//   (log-sum-exp, D) of each target and head, with D = upstream · out, which is Σ α · dα over the row
//     (Dao et al.: "FlashAttention", NeurIPS 2022, appendix B.2);
//   the vector of GATv2;
//   the global id of each node as two floats of 16 bits, which are exact.
// It stays in f32: ids need all bits, and the rest is a number per head, of which differences are taken.

struct Params {
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  targetStride: u32,
  targetOffset: u32,
  scoreStride: u32,
  /// where to write in `packed`
  begin: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> upstream: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(6) var<storage, read> attention: array<f32>;
@group(0) @binding(3) var<storage, read> logSumExp: array<f32>;
@group(0) @binding(4) var<storage, read> ids: array<u32>;
@group(0) @binding(5) var<storage, read_write> packed: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn statistics(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.heads) { return; }
  let row = id / p.heads;
  let head = id % p.heads;
  let begin = row * p.targetStride + p.targetOffset + head * p.channels;
  var sum = 0.0;
  for (var c = 0u; c < p.channels; c += 4u) {
    sum = plusProducts(sum, upstreamFrom(begin + c), xFrom(begin + c), p.channels - c);
  }
  let at = row * p.scoreStride + p.headFirst + head;
  packed[2u * at] = logSumExp[at];
  packed[2u * at + 1u] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn vector(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  packed[p.begin + id] = attention[id];
}

@compute @workgroup_size(WORKGROUP)
fn nodes(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  packed[p.begin + 2u * id] = f32(ids[id] >> 16u);
  packed[p.begin + 2u * id + 1u] = f32(ids[id] & 0xffffu);
}
