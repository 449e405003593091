// Batch norm: mean and variance of each column over the rows, normalisation by them, and its gradient.
//
// Moments are a mergeable accumulator (count, mean, M2 = Σ (x - mean)²): Welford within a chunk of rows, then Chan, Golub and
// LeVeque's merge over the chunks in order (Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979).
// Both work on differences from a value at hand, so that a mean that is large beside the deviation costs no digits.

struct Params {
  rows: u32,
  width4: u32,
  chunk: u32,
  count: u32,
  /// first column of this panel, in vec4 units
  column4: u32,
  epsilon: f32,
  /// 1 / rows; for the gradient 0 where mean and variance do not depend on x
  perRow: f32,
  momentum: f32,
  /// rows / (rows - 1)
  unbias: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> upstream: array<vec4f>;
@group(0) @binding(3) var<storage, read> mean: array<vec4f>;
@group(0) @binding(4) var<storage, read> variance: array<vec4f>;
@group(0) @binding(5) var<storage, read> weight: array<vec4f>;
@group(0) @binding(6) var<storage, read> bias: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
/// mean and M2 of each chunk
@group(0) @binding(8) var<storage, read_write> outMoments: array<Moments>;
@group(0) @binding(9) var<storage, read> moments: array<Moments>;
@group(0) @binding(10) var<storage, read_write> outMean: array<vec4f>;
@group(0) @binding(11) var<storage, read_write> outVariance: array<vec4f>;
@group(0) @binding(12) var<storage, read> biasGrad: array<vec4f>;
@group(0) @binding(13) var<storage, read> weightGrad: array<vec4f>;

struct Moments {
  mean: vec4f,
  m2: vec4f,
}

@compute @workgroup_size(WORKGROUP)
fn chunkMoments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let begin = id / p.width4 * p.chunk;
  if (begin >= p.rows) { return; }
  let column4 = id % p.width4;
  let end = min(begin + p.chunk, p.rows);
  let origin = xAt(begin * p.width4 + column4);
  var average = vec4f();
  var m2 = vec4f();
  for (var row = begin; row < end; row++) {
    let value = xAt(row * p.width4 + column4) - origin;
    let delta = value - average;
    average += delta / f32(row - begin + 1u);
    m2 += delta * (value - average);
  }
  outMoments[id] = Moments(origin + average, m2);
}

@compute @workgroup_size(WORKGROUP)
fn mergeMoments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column4 = threadIndex(group, groups, lane);
  if (column4 >= p.width4) { return; }
  let origin = moments[column4].mean;
  var average = vec4f();
  var m2 = moments[column4].m2;
  for (var chunk = 1u; chunk < p.count; chunk++) {
    let other = moments[chunk * p.width4 + column4];
    let before = f32(chunk * p.chunk);
    let added = f32(min(p.chunk, p.rows - chunk * p.chunk));
    let delta = other.mean - origin - average;
    average += delta * (added / (before + added));
    m2 += other.m2 + delta * delta * (before * (added / (before + added)));
  }
  outMean[p.column4 + column4] = origin + average;
  outVariance[p.column4 + column4] = m2 * p.perRow;
}

@compute @workgroup_size(WORKGROUP)
fn updateRunning(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.width4) { return; }
  outMean[id] += p.momentum * (mean[id] - outMean[id]);
  outVariance[id] += p.momentum * (p.unbias * variance[id] - outVariance[id]);
}

@compute @workgroup_size(WORKGROUP)
fn normalizeColumns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let column4 = p.column4 + id % p.width4;
  let scale = inverseSqrt(variance[column4] + p.epsilon);
  putOut(id, (xAt(id) - mean[column4]) * scale * weight[column4] + bias[column4]);
}

// weight / σ · (upstream - mean of upstream - x̂ · mean of upstream · x̂), without the means where perRow is 0.
@compute @workgroup_size(WORKGROUP)
fn normalizeColumnsGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let column4 = p.column4 + id % p.width4;
  let scale = inverseSqrt(variance[column4] + p.epsilon);
  let normal = (xAt(id) - mean[column4]) * scale;
  let rest = upstreamAt(id) - p.perRow * (biasGrad[column4] + normal * weightGrad[column4]);
  putOut(id, weight[column4] * scale * rest);
}
