// Second pass of the heavy rows of attention: merges the states of a row's segments in order.

struct Params {
  rows: u32,
  heads: u32,
  headFirst: u32,
  channels: u32,
  targetStride: u32,
  targetOffset: u32,
  scoreStride: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
/// (row, first segment, number of segments, 0) of each heavy row
@group(0) @binding(1) var<storage, read> heavyRows: array<vec4u>;
@group(0) @binding(2) var<storage, read> partial: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> outLogSumExp: array<f32>;

fn partial4(at: u32) -> vec4f { return vec4f(partial[at], partial[at + 1u], partial[at + 2u], partial[at + 3u]); }

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let heavy = heavyRows[place.row];
  var state = accInit();
  for (var s = heavy.y; s < heavy.y + heavy.z; s++) {
    let at = (s * p.heads + place.head) * (p.channels + 2u);
    var tile = mat2x4f();
    let begin = at + 2u + place.first;
    tile[0] = partial4(begin);
    if (place.count > 4u) { tile[1] = partial4(begin + 4u); }
    state = accMerge(state, State(partial[at], partial[at + 1u], tile));
  }
  finish(state, Place(heavy.x, place.head, place.first, place.count));
}
