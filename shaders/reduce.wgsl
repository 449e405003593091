// What comes after sums over chunks of rows (sumRows/chunks.wgsl): the chunks in order. The same bits whatever the device does first.

struct Params {
  rows: u32,
  width4: u32,
  count: u32,
  outRow: u32,
  outStride4: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

// out = scale · Σ partial[chunk], plus what is there already where accumulate is 1.
@compute @workgroup_size(WORKGROUP)
fn mergeSum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let size = p.rows * p.width4;
  if (id >= size) { return; }
  var sum = vec4f();
  for (var chunk = 0u; chunk < p.count; chunk++) { sum += partial[chunk * size + id]; }
  let at = (p.outRow + id / p.width4) * p.outStride4 + p.outOffset4 + id % p.width4;
  if (p.accumulate == 1.0) { out[at] += p.scale * sum; } else { putOut(at, p.scale * sum); }
}

// out = the sum of one padded row, whose padding is zero.
@compute @workgroup_size(WORKGROUP)
fn total(@builtin(local_invocation_index) lane: u32) {
  if (lane > 0u) { return; }
  var sum = vec4f();
  for (var column4 = 0u; column4 < p.width4; column4++) { sum += partial[column4]; }
  out[0] = vec4f(sum.x + sum.y + sum.z + sum.w, 0.0, 0.0, 0.0);
}
