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
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> targets: array<vec4f>;
@group(0) @binding(5) var<storage, read> upstream: array<vec4f>;
@group(0) @binding(6) var<storage, read> segments: array<vec4u>;
@group(0) @binding(8) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> outVector: array<vec4f>;

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
    let value = xFrom(s + c);
    let own = within(c);
    scores += select(vec4f(), packed4(a + c) * leaky4(value + targetsFrom(t + c)), own);
    products += select(vec4f(), upstreamFrom(t + c) * value, own);
  }
  let score = scores.x + scores.y + scores.z + scores.w;
  let product = products.x + products.y + products.z + products.w;
  let known = statisticsOf(row, head);
  let alpha = exp(score - known.x);
  let kept = keptOf(source, row, head);
  return Entry(alpha * (kept * product - known.y), kept * alpha);
}

/// u of an entry, where the tile of the source begins at s and that of the target at t.
fn sumTile(s: u32, t: u32, parts: vec2<bool>) -> mat2x4f {
  var tile = mat2x4f();
  if (parts.x) { tile[0] = xAt(s) + targetsAt(t); }
  if (parts.y) { tile[1] = xAt(s + 1u) + targetsAt(t + 1u); }
  return tile;
}

fn vectorTile(place: Place, parts: vec2<bool>) -> mat2x4f {
  let at = p.vector + p.headFirst * p.channels + place.first;
  var tile = mat2x4f();
  if (parts.x) { tile[0] = packed4(at); }
  if (parts.y) { tile[1] = packed4(at + 4u); }
  return tile;
}

fn slopeTile(u: mat2x4f) -> mat2x4f { return mat2x4f(slope4(u[0]), slope4(u[1])); }

fn times(a: mat2x4f, b: mat2x4f) -> mat2x4f { return mat2x4f(a[0] * b[0], a[1] * b[1]); }

/// Sums over the entries of a target: dscore · LeakyReLU'(u), and dscore · LeakyReLU(u).
struct TargetSums {
  ofSum: mat2x4f,
  ofVector: mat2x4f,
}

fn targetHead(begin: u32, end: u32, row: u32, head: u32, place: Place) -> TargetSums {
  let parts = partsOf(place, head);
  let t = tileAt(row, p.targetStride, p.targetOffset, place);
  var sums = TargetSums(mat2x4f(), mat2x4f());
  for (var e = begin; e < end; e++) {
    let source = indices[e];
    let entry = entryOf(source, row, head);
    let u = sumTile(tileAt(source, p.sourceStride, p.sourceOffset, place), t, parts);
    let slope = slopeTile(u);
    sums.ofSum += entry.scoreGrad * slope;
    sums.ofVector += entry.scoreGrad * times(slope, u);
  }
  return TargetSums(times(vectorTile(place, parts), sums.ofSum), sums.ofVector);
}

fn targetGrad(begin: u32, end: u32, row: u32, place: Place) -> TargetSums {
  var tiles = TargetSums(mat2x4f(), mat2x4f());
  for (var head = firstHead(place); head < endHead(place); head++) {
    let own = targetHead(begin, end, row, head, place);
    tiles.ofSum = withHead(tiles.ofSum, place, head, own.ofSum);
    tiles.ofVector = withHead(tiles.ofVector, place, head, own.ofVector);
  }
  return tiles;
}

fn sourceHead(begin: u32, end: u32, source: u32, head: u32, place: Place) -> mat2x4f {
  let parts = partsOf(place, head);
  let s = tileAt(source, p.sourceStride, p.sourceOffset, place);
  var ofSum = mat2x4f();
  var direct = mat2x4f();
  for (var e = begin; e < end; e++) {
    let row = indices[e];
    let entry = entryOf(source, row, head);
    let t = tileAt(row, p.targetStride, p.targetOffset, place);
    ofSum += entry.scoreGrad * slopeTile(sumTile(s, t, parts));
    direct += entry.weight * upstreamTile(t, parts);
  }
  return direct + times(vectorTile(place, parts), ofSum);
}

fn sourceGrad(begin: u32, end: u32, source: u32, place: Place) -> mat2x4f {
  var tile = mat2x4f();
  for (var head = firstHead(place); head < endHead(place); head++) {
    tile = withHead(tile, place, head, sourceHead(begin, end, source, head, place));
  }
  return tile;
}

fn isHeavy(row: u32) -> bool { return indptr[row + 1u] - indptr[row] > p.heavy; }

/// As `put`, which stores in the other buffer: WGSL hands no buffer to a function.
fn putVector(place: Place, stride: u32, offset: u32, tile: mat2x4f) {
  let at = tileAt(place.row, stride, offset, place);
  putOutVector(at, tile[0]);
  if (place.first + 4u < widthOfHeads()) { putOutVector(at + 1u, tile[1]); }
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
  put(place, stateStride(), 0u, sums.ofSum);
  putVector(place, stateStride(), 0u, sums.ofVector);
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
  put(place, stateStride(), 0u, sourceGrad(segment.y, segment.z, segment.x, place));
}
