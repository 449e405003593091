// The mean over heads, whose columns lie together, and its gradient. The columns of a head need not be a multiple of four. One
// panel of x after the other adds to a panel of out.

struct Params {
  rows: u32,
  width4: u32,
  heads: u32,
  /// columns of one head
  channels: u32,
  /// first column of the panel of out
  first: u32,
  /// first column and columns of the panel of x
  xFirst: u32,
  xCols: u32,
  xStride4: u32,
  accumulate: u32,
  /// 1 / heads
  scale: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

/// Column `column` of x, 0 where it is in another panel.
fn columnOrZero(row: u32, column: u32) -> f32 {
  if (column < p.xFirst || column - p.xFirst >= p.xCols) { return 0.0; }
  let at = column - p.xFirst;
  return xAt(row * p.xStride4 + at / 4u)[at % 4u];
}

@compute @workgroup_size(WORKGROUP)
fn mean(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    let channel = p.first + id % p.width4 * 4u + i;
    if (channel >= p.channels) { break; }
    var sum = 0.0;
    for (var head = 0u; head < p.heads; head++) { sum += columnOrZero(id / p.width4, head * p.channels + channel); }
    value[i] = p.scale * sum;
  }
  if (p.accumulate == 1u) { putOut(id, outAt(id) + value); } else { putOut(id, value); }
}

@compute @workgroup_size(WORKGROUP)
fn spread(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.width4) { return; }
  var value = vec4f();
  for (var i = 0u; i < 4u; i++) {
    let column = p.first + id % p.width4 * 4u + i;
    if (column >= p.heads * p.channels) { break; }
    value[i] = p.scale * columnOrZero(id / p.width4, column % p.channels);
  }
  if (p.accumulate == 1u) { putOut(id, outAt(id) + value); } else { putOut(id, value); }
}
