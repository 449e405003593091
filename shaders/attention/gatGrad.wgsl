// The gradients of GAT's attention. Coefficients are computed again from scores and log-sum-exp; for the entry (row, source)
//   α = exp(score - logSumExp),  dα = kept · upstream · x,  dscore = α (dα - D) · slope of the LeakyReLU.
// Rows are targets in `targets…`, and sources, over the transposed matrix, in `sources…` and `features…`.

struct Params {
  rows: u32,
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
  ids: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> scoreSource: array<f32>;
@group(0) @binding(4) var<storage, read> scoreTarget: array<f32>;
@group(0) @binding(5) var<storage, read> upstream: array<vec4f>;
@group(0) @binding(6) var<storage, read> x: array<vec4f>;
/// of features
@group(0) @binding(8) var<storage, read_write> out: array<vec4f>;
/// of scores, a number per head: they stay in f32
@group(0) @binding(10) var<storage, read_write> outScores: array<f32>;
@group(0) @binding(9) var<storage, read> segments: array<vec4u>;

/// The score before the LeakyReLU.
fn rawScore(source: u32, row: u32, head: u32) -> f32 {
  let number = p.headFirst + head;
  return scoreSource[source * p.scoreStride + number] + scoreTarget[row * p.scoreStride + number];
}

fn scoreGrad(source: u32, row: u32, head: u32) -> f32 {
  let raw = rawScore(source, row, head);
  let known = statisticsOf(row, head);
  let s = source * p.sourceStride + p.sourceOffset + head * p.channels;
  let t = row * p.targetStride + p.targetOffset + head * p.channels;
  var sums = vec4f();
  for (var c = 0u; c < p.channels; c += 4u) {
    sums += select(vec4f(), upstreamFrom(t + c) * xFrom(s + c), within(c));
  }
  let product = sums.x + sums.y + sums.z + sums.w;
  return exp(leaky(raw) - known.x) * (keptOf(source, row, head) * product - known.y) * slopeAt(raw);
}

fn overTargetRow(begin: u32, end: u32, row: u32, head: u32) -> f32 {
  var sum = 0.0;
  for (var e = begin; e < end; e++) { sum += scoreGrad(indices[e], row, head); }
  return sum;
}

fn overSourceRow(begin: u32, end: u32, source: u32, head: u32) -> f32 {
  var sum = 0.0;
  for (var e = begin; e < end; e++) { sum += scoreGrad(source, indices[e], head); }
  return sum;
}

fn putScore(row: u32, head: u32, sum: f32) {
  let at = row * p.scoreStride;
  outScores[at + p.headFirst + head] = sum;
  let end = p.headFirst + p.heads;
  if (head + 1u == p.heads && p.scoreStride - end < 4u) {
    for (var c = end; c < p.scoreStride; c++) { outScores[at + c] = 0.0; }
  }
}

fn isHeavy(row: u32) -> bool { return indptr[row + 1u] - indptr[row] > p.heavy; }

@compute @workgroup_size(WORKGROUP)
fn targetsRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let row = id / p.heads;
  if (row >= p.rows || isHeavy(row)) { return; }
  putScore(row, id % p.heads, overTargetRow(indptr[row], indptr[row + 1u], row, id % p.heads));
}

@compute @workgroup_size(WORKGROUP)
fn targetsSegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.heads) { return; }
  let segment = segments[id / p.heads];
  outScores[id] = overTargetRow(segment.y, segment.z, segment.x, id % p.heads);
}

@compute @workgroup_size(WORKGROUP)
fn sourcesRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let row = id / p.heads;
  if (row >= p.rows || isHeavy(row)) { return; }
  putScore(row, id % p.heads, overSourceRow(indptr[row], indptr[row + 1u], row, id % p.heads));
}

@compute @workgroup_size(WORKGROUP)
fn sourcesSegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  if (id >= p.rows * p.heads) { return; }
  let segment = segments[id / p.heads];
  outScores[id] = overSourceRow(segment.y, segment.z, segment.x, id % p.heads);
}

fn headGrad(begin: u32, end: u32, source: u32, head: u32, place: Place) -> mat2x4f {
  let parts = partsOf(place, head);
  var sum = mat2x4f();
  for (var e = begin; e < end; e++) {
    let row = indices[e];
    let alpha = exp(leaky(rawScore(source, row, head)) - statisticsOf(row, head).x);
    let at = tileAt(row, p.targetStride, p.targetOffset, place);
    sum += (alpha * keptOf(source, row, head)) * upstreamTile(at, parts);
  }
  return sum;
}

fn featureGrad(begin: u32, end: u32, source: u32, place: Place) -> mat2x4f {
  var tile = mat2x4f();
  for (var head = firstHead(place); head < endHead(place); head++) {
    tile = withHead(tile, place, head, headGrad(begin, end, source, head, place));
  }
  return tile;
}

@compute @workgroup_size(WORKGROUP)
fn featuresRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows || isHeavy(place.row)) { return; }
  put(place, p.sourceStride, p.sourceOffset, featureGrad(indptr[place.row], indptr[place.row + 1u], place.row, place));
}

@compute @workgroup_size(WORKGROUP)
fn featuresSegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let segment = segments[place.row];
  put(place, stateStride(), 0u, featureGrad(segment.y, segment.z, segment.x, place));
}
