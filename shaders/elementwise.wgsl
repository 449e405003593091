// Work on each element of a padded matrix, one vec4 per invocation. All of these map zero padding to zero padding.

struct Params {
  rows: u32,
  width4: u32,
  /// first column of this panel, in vec4 units
  column4: u32,
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
/// a parameter of one number
@group(0) @binding(5) var<storage, read> eps: array<vec4f>;
@group(0) @binding(6) var<storage, read> upstream: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn addBias(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = x[id] + b[p.column4 + id % p.width4];
}

@compute @workgroup_size(WORKGROUP)
fn add(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = x[id] + y[id];
}

@compute @workgroup_size(WORKGROUP)
fn combine(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = p.alpha * x[id] + p.beta * y[id];
}

@compute @workgroup_size(WORKGROUP)
fn scale(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = p.alpha * x[id];
}

@compute @workgroup_size(WORKGROUP)
fn scaledSum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = (1.0 + eps[0].x) * x[id] + y[id];
}

@compute @workgroup_size(WORKGROUP)
fn scaleByParameter(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = (1.0 + eps[0].x) * x[id];
}

@compute @workgroup_size(WORKGROUP)
fn maximum(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = select(x[id], y[id], y[id] > x[id]);
}

@compute @workgroup_size(WORKGROUP)
fn shares(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = select(vec4f(), x[id] / y[id], y[id] > vec4f());
}

@compute @workgroup_size(WORKGROUP)
fn whereEqual(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = select(vec4f(), upstream[id], x[id] == y[id]);
}

@compute @workgroup_size(WORKGROUP)
fn whereUnequal(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  out[id] = select(upstream[id], vec4f(), x[id] == y[id]);
}
