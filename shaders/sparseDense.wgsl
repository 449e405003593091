// The rows of a sparse matrix written out, one invocation per row; of a column panel, what lies in it.

struct Params {
  rows: u32,
  width4: u32,
  first: u32,
  cols: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn dense(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = threadIndex(group, groups, lane);
  if (row >= p.rows) { return; }
  let start = row * p.width4 * 4u;
  for (var c = 0u; c < p.width4 * 4u; c++) { out[start + c] = 0.0; }
  for (var e = indptr[row]; e < indptr[row + 1u]; e++) {
    let column = indices[e];
    if (column >= p.first && column < p.first + p.cols) { out[start + column - p.first] += weightOf(e); }
  }
}
