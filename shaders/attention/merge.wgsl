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
/// of each segment: the weighted sums of the columns, and (largest score, sum) of each head
@group(0) @binding(2) var<storage, read> partial: array<vec4f>;
@group(0) @binding(5) var<storage, read> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> outLogSumExp: array<f32>;

fn mergedState(heavy: vec4u, head: u32, place: Place) -> State {
  let parts = partsOf(place, head);
  var state = accInit();
  for (var s = heavy.y; s < heavy.y + heavy.z; s++) {
    let at = tileAt(s, stateStride(), 0u, place);
    var tile = mat2x4f();
    if (parts.x) { tile[0] = partial[at]; }
    if (parts.y) { tile[1] = partial[at + 1u]; }
    let known = 2u * (s * p.heads + head);
    state = accMerge(state, State(states[known], states[known + 1u], tile));
  }
  return state;
}

@compute @workgroup_size(WORKGROUP)
fn merge(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let heavy = heavyRows[place.row];
  var tile = mat2x4f();
  for (var head = firstHead(place); head < endHead(place); head++) {
    let state = mergedState(heavy, head, place);
    tile = withHead(tile, place, head, accFinish(state));
    if (begins(place, head)) { putLogSumExp(heavy.x, head, state); }
  }
  put(Place(heavy.x, place.first), p.targetStride, p.targetOffset, tile);
}
