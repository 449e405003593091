// Sums over the entries of compressed sparse rows that tie: out[row] = Σ over e of amount, where x[indices[e]] = own[row]. It
// counts the entries that are the maximum of their row, and gathers what their rows give to each of them. As in
// aggregate.wgsl, rows with more than `heavy` entries are left to segments, which aggregateMerge.wgsl sums up.

struct Params {
  rows: u32,
  width4: u32,
  /// columns that count; in the padding, zeros tie
  cols: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
  ownStride4: u32,
  ownOffset4: u32,
  heavy: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(5) var<storage, read> segments: array<vec4u>;
@group(0) @binding(6) var<storage, read> own: array<vec4f>;

fn overEntries(row: u32, begin: u32, end: u32, column4: u32) -> vec4f {
  let mine = ownAt(row * p.ownStride4 + p.ownOffset4 + column4);
  var sum = vec4f();
  for (var e = begin; e < end; e++) {
    let at = indices[e] * p.xStride4 + p.xOffset4 + column4;
    sum += select(vec4f(), amount(at), xAt(at) == mine);
  }
  let columns = vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u);
  return select(vec4f(), sum, columns < vec4u(p.cols));
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = id % p.width4;
  let begin = indptr[row];
  let end = indptr[row + 1u];
  if (end - begin > p.heavy) { return; }
  putOut(row * p.outStride4 + p.outOffset4 + column4, overEntries(row, begin, end, column4));
}

@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let segment = segments[id / p.width4];
  putOut(id, overEntries(segment.x, segment.y, segment.z, id % p.width4));
}
