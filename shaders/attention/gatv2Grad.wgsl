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

fn x4(at: u32) -> vec4f { return vec4f(x[at], x[at + 1u], x[at + 2u], x[at + 3u]); }

fn targets4(at: u32) -> vec4f { return vec4f(targets[at], targets[at + 1u], targets[at + 2u], targets[at + 3u]); }

fn packed4(at: u32) -> vec4f { return vec4f(packed[at], packed[at + 1u], packed[at + 2u], packed[at + 3u]); }

/// What one entry gives for one head: the gradient of its score, and its coefficient after dropout.
struct Entry {
  scoreGrad: f32,
  weight: f32,
}

fn entryOf(source: u32, row: u32, head: u32) -> Entry {
  let a = p.vector + (p.headFirst + head) * p.channels;
  let s = source * p.sourceStride + p.sourceOffset + head * p.channels;
  let t = row * p.targetStride + p.targetOffset + head * p.channels;
  var scores = vec4f();
  var products = vec4f();
  for (var c = 0u; c < p.channels; c += 4u) {
    let value = x4(s + c);
    let own = within(c);
    scores += select(vec4f(), packed4(a + c) * leaky4(value + targets4(t + c)), own);
    products += select(vec4f(), upstream4(t + c) * value, own);
  }
  let score = scores.x + scores.y + scores.z + scores.w;
  let product = products.x + products.y + products.z + products.w;
  let known = statisticsOf(row, head);
  let alpha = exp(score - known.x);
  let kept = keptOf(source, row, head);
  return Entry(alpha * (kept * product - known.y), kept * alpha);
}

/// u of an entry, where the tile of the source begins at s and that of the target at t.
fn sumTile(s: u32, t: u32, count: u32) -> mat2x4f {
  var tile = mat2x4f();
  tile[0] = x4(s) + targets4(t);
  if (count > 4u) { tile[1] = x4(s + 4u) + targets4(t + 4u); }
  return tile;
}

fn vectorTile(place: Place) -> mat2x4f {
  let at = p.vector + (p.headFirst + place.head) * p.channels + place.first;
  var tile = mat2x4f();
  tile[0] = packed4(at);
  if (place.count > 4u) { tile[1] = packed4(at + 4u); }
  return tile;
}

fn slopeTile(u: mat2x4f) -> mat2x4f { return mat2x4f(slope4(u[0]), slope4(u[1])); }

fn times(a: mat2x4f, b: mat2x4f) -> mat2x4f { return mat2x4f(a[0] * b[0], a[1] * b[1]); }

/// Sums over the entries of a target: dscore · LeakyReLU'(u), and dscore · LeakyReLU(u).
struct TargetSums {
  ofSum: mat2x4f,
  ofVector: mat2x4f,
}

fn targetGrad(begin: u32, end: u32, row: u32, place: Place) -> TargetSums {
  let column = place.head * p.channels + place.first;
  let t = row * p.targetStride + p.targetOffset + column;
  var sums = TargetSums(mat2x4f(), mat2x4f());
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

fn sourceGrad(begin: u32, end: u32, source: u32, place: Place) -> mat2x4f {
  let column = place.head * p.channels + place.first;
  let s = source * p.sourceStride + p.sourceOffset + column;
  var ofSum = mat2x4f();
  var direct = mat2x4f();
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

fn putVector4(at: u32, count: u32, x: vec4f) {
  outVector[at] = x.x;
  if (count > 1u) { outVector[at + 1u] = x.y; }
  if (count > 2u) { outVector[at + 2u] = x.z; }
  if (count > 3u) { outVector[at + 3u] = x.w; }
}

/// As `put`, which stores in the other buffer: WGSL hands no buffer to a function.
fn putVector(place: Place, stride: u32, offset: u32, tile: mat2x4f) {
  let rowAt = place.row * stride;
  let at = rowAt + offset + place.head * p.channels + place.first;
  putVector4(at, place.count, tile[0]);
  if (place.count > 4u) { putVector4(at + 4u, place.count - 4u, tile[1]); }
  let end = offset + p.heads * p.channels;
  if (isLast(place) && stride - end < 4u) {
    for (var c = end; c < stride; c++) { outVector[rowAt + c] = 0.0; }
  }
}

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
