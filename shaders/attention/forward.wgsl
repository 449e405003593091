// Attention over the entries of compressed sparse rows: out[row] = Σ softmax(score(row, source)) · x[source] for each head,
// in one pass. No score is stored: what is kept is the log-sum-exp of each row and head. Rows with more than `heavy`
// entries are left to `segments` and the merge.

struct Params {
  rows: u32,
  /// heads of this range of columns, the number of the first one, and the channels of each
  heads: u32,
  headFirst: u32,
  channels: u32,
  heavy: u32,
  negativeSlope: f32,
  key0: u32,
  key1: u32,
  threshold: u32,
  sourceStride: u32,
  sourceOffset: u32,
  targetStride: u32,
  targetOffset: u32,
  scoreStride: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
/// of a segment, (largest score, sum) of each head
@group(0) @binding(5) var<storage, read_write> outLogSumExp: array<f32>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(6) var<storage, read> segments: array<vec4u>;

fn overEntries(begin: u32, end: u32, row: u32, head: u32, place: Place) -> State {
  let parts = partsOf(place, head);
  var state = accInit();
  for (var e = begin; e < end; e++) {
    let source = indices[e];
    let at = tileAt(source, p.sourceStride, p.sourceOffset, place);
    var tile = mat2x4f();
    if (parts.x) { tile[0] = xAt(at); }
    if (parts.y) { tile[1] = xAt(at + 1u); }
    state = accumulate(state, scoreOf(source, row, head), keptOf(source, row, head), tile);
  }
  return state;
}

@compute @workgroup_size(WORKGROUP)
fn rows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let begin = indptr[place.row];
  let end = indptr[place.row + 1u];
  if (end - begin > p.heavy) { return; }
  var tile = mat2x4f();
  for (var head = firstHead(place); head < endHead(place); head++) {
    let state = overEntries(begin, end, place.row, head, place);
    tile = withHead(tile, place, head, accFinish(state));
    if (begins(place, head)) { putLogSumExp(place.row, head, state); }
  }
  put(place, p.targetStride, p.targetOffset, tile);
}

/// Of a segment, `out` gets the weighted sums of the columns.
@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let segment = segments[place.row];
  var tile = mat2x4f();
  for (var head = firstHead(place); head < endHead(place); head++) {
    let state = overEntries(segment.y, segment.z, segment.x, head, place);
    tile = withHead(tile, place, head, state.x);
    if (begins(place, head)) {
      let at = 2u * (place.row * p.heads + head);
      outLogSumExp[at] = state.largest;
      outLogSumExp[at + 1u] = state.sum;
    }
  }
  put(place, stateStride(), 0u, tile);
}
