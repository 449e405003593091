// Predicted class of each node and counts per split and class.

struct Params {
  rows: u32,
  width4: u32,
  first: u32,
  cols: u32,
  merge: u32,
  /// columns of the table
  classes: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> argument: array<u32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> outBest: array<f32>;
@group(0) @binding(6) var<storage, read_write> outArgument: array<u32>;
/// row (split - 1) · 3 + (0 true positives, 1 predicted, 2 actual), column class; or row actual, column predicted
@group(0) @binding(7) var<storage, read_write> counts: array<atomic<u32>>;
/// 1 where a node has the label
@group(0) @binding(8) var<storage, read> targets: array<vec4f>;

const TEST = 3u;

@compute @workgroup_size(WORKGROUP)
fn clear(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows) { return; }
  atomicStore(&counts[id], 0u);
}

// The first of equal logits wins.
@compute @workgroup_size(WORKGROUP)
fn argMax(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  var best = x[row * p.width4].x;
  var argmax = 0u;
  for (var c = 1u; c < p.cols; c++) {
    let value = x[row * p.width4 + c / 4u][c % 4u];
    if (value > best) {
      best = value;
      argmax = c;
    }
  }
  if (p.merge == 1u && outBest[row] >= best) { return; }
  outBest[row] = best;
  outArgument[row] = p.first + argmax;
}

@compute @workgroup_size(WORKGROUP)
fn count(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows || mask[row] == 0u) { return; }
  let table = (mask[row] - 1u) * 3u * p.cols;
  let predicted = argument[row];
  let actual = labels[row];
  if (predicted == actual) { atomicAdd(&counts[table + predicted], 1u); }
  atomicAdd(&counts[table + p.cols + predicted], 1u);
  atomicAdd(&counts[table + 2u * p.cols + actual], 1u);
}

@compute @workgroup_size(WORKGROUP)
fn confuse(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows || mask[row] != TEST) { return; }
  atomicAdd(&counts[labels[row] * p.cols + argument[row]], 1u);
}

// A node is given every label whose logit is over 0. One vec4 of labels per invocation.
@compute @workgroup_size(WORKGROUP)
fn countLabels(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let split = mask[id / p.width4];
  if (split == 0u) { return; }
  let column = id % p.width4 * 4u;
  for (var c = 0u; c < min(4u, p.cols - column); c++) {
    let at = (split - 1u) * 3u * p.classes + p.first + column + c;
    let predicted = x[id][c] > 0.0;
    let actual = targets[id][c] > 0.5;
    if (predicted && actual) { atomicAdd(&counts[at], 1u); }
    if (predicted) { atomicAdd(&counts[at + p.classes], 1u); }
    if (actual) { atomicAdd(&counts[at + 2u * p.classes], 1u); }
  }
}
