// The gradients of GATv2's attention. With u = x[source] + targets[row] for the entry (row, source),
//   score = Σ a · LeakyReLU(u),  α = exp(score - logSumExp),  dα = kept · upstream · x,  dscore = α (dα - D),
// and dscore goes on through a and u. Rows are targets in `targets…`, and sources, over the transposed matrix, in `sources…`.

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
  /// where the vector begins in `packed`
  vector: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> indptr: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> targets: array<f32>;
@group(0) @binding(5) var<storage, read> upstream: array<f32>;
@group(0) @binding(6) var<storage, read> segments: array<vec4u>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;
@group(0) @binding(9) var<storage, read_write> outVector: array<f32>;

/// What one entry gives for one head: the gradient of its score, and its coefficient after dropout.
struct Entry {
  scoreGrad: f32,
  weight: f32,
}

fn entryOf(source: u32, row: u32, head: u32) -> Entry {
  let a = p.vector + (p.headFirst + head) * p.channels;
  let s = source * p.sourceStride + p.sourceOffset + head * p.channels;
  let t = row * p.targetStride + p.targetOffset + head * p.channels;
  var score = 0.0;
  var dot = 0.0;
  for (var c = 0u; c < p.channels; c++) {
    let value = x[s + c];
    score += packed[a + c] * leaky(value + targets[t + c]);
    dot += upstream[t + c] * value;
  }
  let known = statisticsOf(row, head);
  let alpha = exp(score - known.x);
  let kept = keptOf(source, row, head);
  return Entry(alpha * (kept * dot - known.y), kept * alpha);
}

fn sum4(s: u32, t: u32) -> vec4f {
  return vec4f(x[s] + targets[t], x[s + 1u] + targets[t + 1u], x[s + 2u] + targets[t + 2u], x[s + 3u] + targets[t + 3u]);
}

/// u of an entry, where the tile of the source begins at s and that of the target at t.
fn sumTile(s: u32, t: u32, count: u32) -> mat4x4f {
  var tile = mat4x4f();
  tile[0] = sum4(s, t);
  if (count > 4u) { tile[1] = sum4(s + 4u, t + 4u); }
  if (count > 8u) { tile[2] = sum4(s + 8u, t + 8u); }
  if (count > 12u) { tile[3] = sum4(s + 12u, t + 12u); }
  return tile;
}

fn vectorTile(place: Place) -> mat4x4f {
  let at = p.vector + (p.headFirst + place.head) * p.channels + place.first;
  var tile = mat4x4f();
  for (var c = 0u; c < place.count; c++) { tile[c / 4u][c % 4u] = packed[at + c]; }
  return tile;
}

fn slopes(x: vec4f) -> vec4f { return select(vec4f(p.negativeSlope), vec4f(1.0), x > vec4f()); }

fn slopeTile(u: mat4x4f) -> mat4x4f { return mat4x4f(slopes(u[0]), slopes(u[1]), slopes(u[2]), slopes(u[3])); }

fn times(a: mat4x4f, b: mat4x4f) -> mat4x4f { return mat4x4f(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]); }

/// Sums over the entries of a target: dscore · LeakyReLU'(u), and dscore · LeakyReLU(u).
struct TargetSums {
  ofSum: mat4x4f,
  ofVector: mat4x4f,
}

fn targetGrad(begin: u32, end: u32, row: u32, place: Place) -> TargetSums {
  let column = place.head * p.channels + place.first;
  let t = row * p.targetStride + p.targetOffset + column;
  var sums = TargetSums(mat4x4f(), mat4x4f());
  for (var e = begin; e < end; e++) {
    let source = indices[e];
    let entry = entryOf(source, row, place.head);
    let u = sumTile(source * p.sourceStride + p.sourceOffset + column, t, place.count);
    let slope = slopeTile(u);
    sums.ofSum += entry.scoreGrad * slope;
    sums.ofVector += entry.scoreGrad * times(slope, u);
  }
  return TargetSums(times(vectorTile(place), sums.ofSum), sums.ofVector);
}

fn sourceGrad(begin: u32, end: u32, source: u32, place: Place) -> mat4x4f {
  let column = place.head * p.channels + place.first;
  let s = source * p.sourceStride + p.sourceOffset + column;
  var ofSum = mat4x4f();
  var direct = mat4x4f();
  for (var e = begin; e < end; e++) {
    let row = indices[e];
    let entry = entryOf(source, row, place.head);
    let t = row * p.targetStride + p.targetOffset + column;
    ofSum += entry.scoreGrad * slopeTile(sumTile(s, t, place.count));
    direct += entry.weight * upstreamTile(t, place.count);
  }
  return direct + times(vectorTile(place), ofSum);
}

fn isHeavy(row: u32) -> bool { return indptr[row + 1u] - indptr[row] > p.heavy; }

@compute @workgroup_size(WORKGROUP)
fn targetsRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows || isHeavy(place.row)) { return; }
  let sums = targetGrad(indptr[place.row], indptr[place.row + 1u], place.row, place);
  put(place, p.targetStride, p.targetOffset, sums.ofSum);
  putVector(place, p.targetStride, p.targetOffset, sums.ofVector);
}

@compute @workgroup_size(WORKGROUP)
fn targetsSegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let segment = segments[place.row];
  let sums = targetGrad(segment.y, segment.z, segment.x, place);
  let width = p.heads * p.channels;
  put(place, width, 0u, sums.ofSum);
  putVector(place, width, 0u, sums.ofVector);
}

fn putVector(place: Place, stride: u32, offset: u32, tile: mat4x4f) {
  let rowAt = place.row * stride;
  let at = rowAt + offset + place.head * p.channels + place.first;
  for (var c = 0u; c < place.count; c++) { outVector[at + c] = tile[c / 4u][c % 4u]; }
  let end = offset + p.heads * p.channels;
  if (isLast(place) && stride - end < 4u) {
    for (var c = end; c < stride; c++) { outVector[rowAt + c] = 0.0; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn sourcesRows(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows || isHeavy(place.row)) { return; }
  put(place, p.sourceStride, p.sourceOffset, sourceGrad(indptr[place.row], indptr[place.row + 1u], place.row, place));
}

@compute @workgroup_size(WORKGROUP)
fn sourcesSegments(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(threadIndex(group, groups, lane));
  if (place.row >= p.rows) { return; }
  let segment = segments[place.row];
  put(place, p.heads * p.channels, 0u, sourceGrad(segment.y, segment.z, segment.x, place));
}
