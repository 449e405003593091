// Dropout of the stored entries of a sparse matrix, one invocation per row; the mask of an entry is a hash of the row's
// global id and its position in the row. Each is stored twice: in its place, and in that of the transpose.

struct Params {
  rows: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
/// rows + 1 row pointers, and after them the order of the rows
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
/// of each entry, where it lies in the transpose
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read_write> outTransposed: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn entries(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = threadIndex(group, groups, lane);
  if (place >= p.rows) { return; }
  let row = rowOf(place);
  let begin = indptr[row];
  let end = indptr[row + 1u];
  let id = globalRow(row);
  for (var e = begin; e < end; e += 4u) {
    let bits = randomBits(vec2u(p.key0, p.key1), vec2u(id, (e - begin) / 4u));
    for (var i = 0u; i < min(4u, end - e); i++) {
      let value = select(p.scale * weightOf(e + i), 0.0, bits[i] < p.threshold);
      out[e + i] = value;
      outTransposed[positions[e + i]] = value;
    }
  }
}
