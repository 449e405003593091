// Log-softmax and negative log-likelihood over the classes of each node, and its gradient. A row is read panel by panel;
// what passes from panel to panel is the log-sum-exp so far. Then the same for nodes with several labels: binary decisions,
// whose loss so far passes from panel to panel.

struct Params {
  rows: u32,
  width4: u32,
  /// first class of this panel, and how many it has
  first: u32,
  cols: u32,
  merge: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> logSumExp: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
/// 0 none, 1 train, 2 validation, 3 test
@group(0) @binding(4) var<storage, read> mask: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> outLoss: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> outLogSumExp: array<f32>;
/// 1 where a node has the label
@group(0) @binding(7) var<storage, read> targets: array<vec4f>;

const TRAIN = 1u;

fn isClass(column4: u32) -> vec4<bool> {
  return vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.cols);
}

fn logSumExpOf(row: u32) -> f32 {
  let begin = row * p.width4;
  var tops = vec4f(xAt(begin).x);
  for (var c = 0u; c < p.width4; c++) { tops = max(tops, select(tops, xAt(begin + c), isClass(c))); }
  let largest = max(max(tops.x, tops.y), max(tops.z, tops.w));
  var sums = vec4f();
  for (var c = 0u; c < p.width4; c++) { sums += select(vec4f(), exp(xAt(begin + c) - largest), isClass(c)); }
  return largest + log(sums.x + sums.y + sums.z + sums.w);
}

// Negative log-likelihood of a node, in the column of its split. The panel that holds a node's label writes its row; the first
// panel writes the rows of the nodes that count nowhere.
fn putLoss(row: u32, logSumExp: f32) {
  let split = mask[row];
  if (split == 0u) {
    if (p.first == 0u) { outLoss[row] = vec4f(); }
    return;
  }
  let column = labels[row] - p.first;
  if (column >= p.cols) { return; }
  let loss = weightOf(labels[row]) * (logSumExp - xAt(row * p.width4 + column / 4u)[column % 4u]);
  outLoss[row] = select(vec4f(), vec4f(loss), vec4u(1u, 2u, 3u, 4u) == vec4u(split));
}

// scale · weight · (softmax - one-hot) for the training nodes, 0 for all others and for the padding.
fn gradientOf(row: u32, column4: u32, logSumExp: f32) -> vec4f {
  if (mask[row] != TRAIN) { return vec4f(); }
  let columns = vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let probability = exp(xAt(row * p.width4 + column4) - logSumExp);
  let target_ = vec4f(columns + p.first == vec4u(labels[row]));
  let scale = p.scale * weightOf(labels[row]);
  return select(vec4f(), scale * (probability - target_), isClass(column4));
}

@compute @workgroup_size(WORKGROUP)
fn logSumExpOfRow(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  var state = logSumExpOf(row);
  if (p.merge == 1u) {
    let before = outLogSumExp[row];
    state = max(before, state) + log(1.0 + exp(-abs(before - state)));
  }
  outLogSumExp[row] = state;
}

@compute @workgroup_size(WORKGROUP)
fn crossEntropy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  putLoss(row, logSumExp[row]);
}

@compute @workgroup_size(WORKGROUP)
fn crossEntropyGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  putOut(id, gradientOf(row, id % p.width4, logSumExp[row]));
}

// The same of logits that are one narrow panel, in one dispatch: one invocation per row.
@compute @workgroup_size(WORKGROUP)
fn lossOfRow(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  putLoss(row, logSumExpOf(row));
}

@compute @workgroup_size(WORKGROUP)
fn lossAndGradientOfRow(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  let state = logSumExpOf(row);
  putLoss(row, state);
  for (var column4 = 0u; column4 < p.width4; column4++) {
    putOut(row * p.width4 + column4, gradientOf(row, column4, state));
  }
}

@compute @workgroup_size(WORKGROUP)
fn binaryCrossEntropy(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  var loss = 0.0;
  for (var c = 0u; c < p.cols; c++) {
    let at = row * p.width4 + c / 4u;
    let z = xAt(at)[c % 4u];
    // Not max(z, 0): that would turn NaN into 0 and hide it.
    loss += select(z, 0.0, z < 0.0) - z * targets[at][c % 4u] + log(1.0 + exp(-abs(z)));
  }
  let split = select(vec4f(), vec4f(loss), vec4u(1u, 2u, 3u, 4u) == vec4u(mask[row]));
  if (p.merge == 1u) { outLoss[row] += split; } else { outLoss[row] = split; }
}

// scale · (sigmoid - target) for the training nodes, 0 for all others and for the padding.
@compute @workgroup_size(WORKGROUP)
fn binaryCrossEntropyGrad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  if (mask[id / p.width4] != TRAIN) {
    putOut(id, vec4f());
    return;
  }
  let columns = vec4u(id % p.width4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  let z = xAt(id);
  // Never exp of a large number.
  let small = exp(-abs(z));
  let probability = select(vec4f(1.0), small, z < vec4f()) / (1.0 + small);
  putOut(id, select(vec4f(), p.scale * (probability - targets[id]), columns < vec4u(p.cols)));
}
