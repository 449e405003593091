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
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> outLogSumExp: array<f32>;
/// (row, begin, end, 0) of each segment of a heavy row
@group(0) @binding(6) var<storage, read> segments: array<vec4u>;

fn x4(at: u32) -> vec4f { return vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]); }

fn overEntries(begin: u32, end: u32, place: Place) -> State {
  var state = accInit();
  for (var e = begin; e < end; e++) {
    let source = indices[e];
    let at = source * p.sourceStride + p.sourceOffset + place.head * p.channels + place.first;
    var tile = mat2x4f();
    tile[0] = x4(at);
    if (place.count > 4u) { tile[1] = x4(at + 4u); }
    state = accumulate(state, scoreOf(source, place.row, place.head), keptOf(source, place.row, place.head), tile);
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
  finish(overEntries(begin, end, place), place);
}

/// A segment's state is its largest score, its sum, then the channels.
@compute @workgroup_size(WORKGROUP)
fn heavySegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let segment = segments[place.row];
  let state = overEntries(segment.y, segment.z, Place(segment.x, place.head, place.first, place.count));
  let at = (place.row * p.heads + place.head) * (p.channels + 2u);
  if (place.first == 0u) {
    out[at] = state.largest;
    out[at + 1u] = state.sum;
  }
  putTile(at + 2u + place.first, place.count, state.x);
}
