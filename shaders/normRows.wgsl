// Layer norm: mean and M2 = Σ (x - mean)² of each row, normalisation by them, and its gradient. A row is read panel by panel;
// what passes from panel to panel is (columns, mean, M2), merged as in normColumns.wgsl.

struct Params {
  rows: u32,
  width4: u32,
  /// columns of this panel, and of those before it
  cols: u32,
  before: u32,
  /// first column of this panel, in vec4 units
  column4: u32,
  /// 1 / columns of the whole row
  perColumn: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> upstream: array<vec4f>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<vec4f>;
@group(0) @binding(5) var<storage, read> moments: array<vec2f>;
/// Σ g and Σ g · x̂ of each row, with g = upstream · weight
@group(0) @binding(6) var<storage, read> sums: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> outMoments: array<vec2f>;
@group(0) @binding(9) var<storage, read_write> outSums: array<vec2f>;

fn inverseDeviation(row: u32) -> f32 { return inverseSqrt(moments[row].y * p.perColumn + p.epsilon); }

@compute @workgroup_size(WORKGROUP)
fn rowMoments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  let begin = row * p.width4;
  // Differences from a value at hand: a mean that is large beside the deviation costs no digits.
  let origin = xAt(begin).x;
  var sum = 0.0;
  for (var c = 0u; c < p.cols; c++) { sum += xAt(begin + c / 4u)[c % 4u] - origin; }
  let added = f32(p.cols);
  var mean = origin + sum / added;
  var m2 = 0.0;
  for (var c = 0u; c < p.cols; c++) {
    let delta = xAt(begin + c / 4u)[c % 4u] - mean;
    m2 += delta * delta;
  }
  if (p.before > 0u) {
    let other = outMoments[row];
    let share = added / (f32(p.before) + added);
    let delta = mean - other.x;
    mean = other.x + delta * share;
    m2 += other.y + delta * delta * (f32(p.before) * share);
  }
  outMoments[row] = vec2f(mean, m2);
}

@compute @workgroup_size(WORKGROUP)
fn normalizeRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = p.column4 + id % p.width4;
  putOut(id, (xAt(id) - moments[row].x) * inverseDeviation(row) * weight[column4] + bias[column4]);
}

@compute @workgroup_size(WORKGROUP)
fn rowSums(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  let mean = moments[row].x;
  var total = vec4f();
  var normal = vec4f();
  for (var i = 0u; i < p.width4; i++) {
    // 0 in the padding, where x is not x̂.
    let g = upstreamAt(row * p.width4 + i) * weight[p.column4 + i];
    total += g;
    normal += g * (xAt(row * p.width4 + i) - mean);
  }
  let one = vec4f(1.0);
  let sum = vec2f(dot(total, one), dot(normal, one) * inverseDeviation(row));
  if (p.before > 0u) { outSums[row] += sum; } else { outSums[row] = sum; }
}

// (g - mean of g - x̂ · mean of g · x̂) / σ, with g = upstream · weight, and 0 in the padding.
@compute @workgroup_size(WORKGROUP)
fn normalizeRowsGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let scale = inverseDeviation(row);
  let normal = (xAt(id) - moments[row].x) * scale;
  let sum = sums[row];
  let g = upstreamAt(id) * weight[p.column4 + id % p.width4];
  let columns = vec4u(id % p.width4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  putOut(id, select(vec4f(), scale * (g - p.perColumn * (sum.x + normal * sum.y)), columns < vec4u(p.cols)));
}
