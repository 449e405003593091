// Sums over chunks of rows of a term of two matrices of one shape; the file of the term says which. reduce.wgsl merges
// the chunks.

struct Params {
  rows: u32,
  width4: u32,
  chunk: u32,
  /// first column of this panel, in vec4 units
  column4: u32,
  /// 1 / columns of the whole matrix
  perColumn: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn dotChunk(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let begin = id / p.width4 * p.chunk;
  if (begin >= p.rows) { return; }
  let column4 = id % p.width4;
  let end = min(begin + p.chunk, p.rows);
  var sum = vec4f();
  for (var row = begin; row < end; row++) {
    let at = row * p.width4 + column4;
    sum += term(xAt(at), yAt(at), row, column4);
  }
  out[id] = sum;
}
