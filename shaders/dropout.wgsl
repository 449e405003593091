// Inverted dropout of a dense matrix. One hash gives the 64 random bits of a vec4; its counter is (global row, vec4 of
// columns), so the mask does not depend on how rows are numbered locally or columns are cut into panels.

struct Params {
  rows: u32,
  width4: u32,
  column4: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn dense(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let bits = randomBits(vec2u(p.key0, p.key1), vec2u(globalRow(id / p.width4), p.column4 + id % p.width4));
  out[id] = select(p.scale * x[id], vec4f(), bits < vec4u(p.threshold));
}
