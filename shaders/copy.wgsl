// Copies of rows and of ranges of columns.

struct Params {
  rows: u32,
  width4: u32,
  /// rows from here on become zero
  copied: u32,
  xStride4: u32,
  xOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
  /// columns [begin, end) of out come from column xFirst on; none of them needs to be a multiple of four
  begin: u32,
  end: u32,
  xFirst: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn copyRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = id % p.width4;
  var value = vec4f();
  if (row < p.copied) { value = xAt(row * p.xStride4 + p.xOffset4 + column4); }
  putOut(row * p.outStride4 + p.outOffset4 + column4, value);
}

// Ranges of a row are written from left to right. The vec4 in which a range begins was begun by the range before it; the
// rest of the one in which it ends is zero until the next range comes.
@compute @workgroup_size(WORKGROUP)
fn copyColumns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  let row = id / p.width4;
  let column4 = p.outOffset4 + id % p.width4;
  let at = row * p.outStride4 + column4;
  var value = vec4f();
  if (column4 * 4u < p.begin) { value = outAt(at); }
  for (var i = 0u; i < 4u; i++) {
    let column = column4 * 4u + i;
    if (column >= p.begin && column < p.end) {
      let source = column - p.begin + p.xFirst;
      value[i] = xAt(row * p.xStride4 + source / 4u)[source % 4u];
    }
  }
  putOut(at, value);
}
