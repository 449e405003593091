// Small work on whole parameters and gradients. One vec4 per invocation. Adam and SGD are in optimizer/.

struct Params {
  rows: u32,
  beta1: f32,
  beta2: f32,
  /// 1 - beta, rounded once
  gain1: f32,
  gain2: f32,
  epsilon: f32,
  keep: f32,
  /// invocations that sum the squares of a gradient, and where their sums begin
  count: u32,
  first: u32,
  limit: f32,
  /// good steps after which the loss scale doubles
  interval: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(6) var<storage, read> x: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> total: array<vec4f>;
/// (1 - beta1^t, 1 - beta2^t)
@group(0) @binding(8) var<storage, read_write> outClock: array<vec4f>;
@group(0) @binding(10) var<storage, read> partial: array<vec4f>;
@group(0) @binding(11) var<storage, read_write> outPartial: array<vec4f>;
/// (scale, norm before, 0, 1 where the step is skipped)
@group(0) @binding(12) var<storage, read_write> outClip: array<vec4f>;
/// a gradient by its bits
@group(0) @binding(14) var<storage, read> bits: array<vec4u>;
/// (1 / scale of this step, good steps, log2 of the next scale - 16, 1 where the step is skipped)
@group(0) @binding(15) var<storage, read_write> outScale: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn adamClock(@builtin(local_invocation_index) lane: u32) {
  if (lane > 0u || skips()) { return; }
  outClock[0] = outClock[0] * vec4f(p.beta1, p.beta2, 0.0, 0.0) + vec4f(p.gain1, p.gain2, 0.0, 0.0);
}

@compute @workgroup_size(WORKGROUP)
fn accumulate(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  if (p.keep == 1.0) { total[id] += x[id]; } else { total[id] = x[id]; }
}

// Σ x² over every count-th vec4, from this invocation's own.
@compute @workgroup_size(WORKGROUP)
fn squares(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.count) { return; }
  var sum = vec4f();
  for (var i = id; i < p.rows; i += p.count) { sum += x[i] * x[i]; }
  outPartial[p.first + id] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn clipScale(@builtin(local_invocation_index) lane: u32) {
  if (lane > 0u) { return; }
  var sum = vec4f();
  for (var i = 0u; i < p.count; i++) { sum += partial[i]; }
  let norm = factor() * sqrt((sum.x + sum.y) + (sum.z + sum.w));
  let scale = p.limit / (norm + p.epsilon);
  // Not min(scale, 1): that would turn NaN into 1 and hide it.
  outClip[0] = vec4f(factor() * select(scale, 1.0, scale > 1.0), norm, 0.0, select(0.0, 1.0, skips()));
}

// How many numbers of every count-th vec4, from this invocation's own, are infinite or NaN. By their bits: a comparison may be
// optimised away, and a load as a float may change them.
@compute @workgroup_size(WORKGROUP)
fn notFinite(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.count) { return; }
  let exponent = vec4u(0x7f800000u);
  var found = vec4f();
  for (var i = id; i < p.rows; i += p.count) { found += vec4f((bits[i] & exponent) == exponent); }
  outPartial[p.first + id] = found;
}

@compute @workgroup_size(WORKGROUP)
fn lossScale(@builtin(local_invocation_index) lane: u32) {
  if (lane > 0u) { return; }
  var sum = vec4f();
  for (var i = 0u; i < p.count; i++) { sum += partial[i]; }
  let bad = (sum.x + sum.y) + (sum.z + sum.w) > 0.0;
  let before = outScale[0];
  let grows = before.y + 1.0 >= p.interval;
  let good = select(before.y + 1.0, 0.0, bad || grows);
  // The scale and its inverse stay normal numbers.
  let power = clamp(before.z + select(select(0.0, 1.0, grows), -1.0, bad), -142.0, 110.0);
  let inverse = bitcast<f32>(u32(111 - i32(before.z)) << 23u);
  outScale[0] = vec4f(inverse, good, power, select(0.0, 1.0, bad));
}
