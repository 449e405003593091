// Dense matrix product in three orientations. One invocation computes a tile of 4 rows × 4 columns in named vec4
// accumulators (arrays of arrays spill), without workgroup memory. Matrices are row-major with rows padded to vec4; the
// padding is zero and stays zero.

struct Params {
  rows: u32,
  width4: u32,
  cols: u32,
  inner: u32,
  inner4: u32,
  chunk: u32,
  aStride4: u32,
  aOffset4: u32,
  bRow: u32,
  bStride4: u32,
  bOffset4: u32,
  outStride4: u32,
  outOffset4: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

fn put(row: u32, column4: u32, sum: vec4f) {
  if (row >= p.rows) { return; }
  let at = row * p.outStride4 + p.outOffset4 + column4;
  if (p.accumulate == 1u) { putOut(at, outAt(at) + sum); } else { putOut(at, sum); }
}

/// Row k of b, zero past the last row: a's padding is zero, but 0 · NaN of a clamped read would not be.
fn bRowOrZero(k: u32, column4: u32) -> vec4f {
  if (k >= p.inner) { return vec4f(); }
  return bAt((p.bRow + k) * p.bStride4 + p.bOffset4 + column4);
}

// out[m, n] = a[m, k] · b[k, n]
@compute @workgroup_size(WORKGROUP)
fn nn(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let row = id / p.width4 * 4u;
  let column4 = id % p.width4;
  if (row >= p.rows) { return; }
  let last = p.rows - 1u;
  let a0 = row * p.aStride4;
  let a1 = min(row + 1u, last) * p.aStride4;
  let a2 = min(row + 2u, last) * p.aStride4;
  let a3 = min(row + 3u, last) * p.aStride4;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var k4 = 0u; k4 * 4u < p.inner; k4++) {
    let k = k4 * 4u;
    let x0 = aAt(a0 + k4); let x1 = aAt(a1 + k4); let x2 = aAt(a2 + k4); let x3 = aAt(a3 + k4);
    let b0 = bRowOrZero(k, column4);
    let b1 = bRowOrZero(k + 1u, column4);
    let b2 = bRowOrZero(k + 2u, column4);
    let b3 = bRowOrZero(k + 3u, column4);
    s0 += x0.x * b0 + x0.y * b1 + x0.z * b2 + x0.w * b3;
    s1 += x1.x * b0 + x1.y * b1 + x1.z * b2 + x1.w * b3;
    s2 += x2.x * b0 + x2.y * b1 + x2.z * b2 + x2.w * b3;
    s3 += x3.x * b0 + x3.y * b1 + x3.z * b2 + x3.w * b3;
  }
  put(row, column4, s0); put(row + 1u, column4, s1); put(row + 2u, column4, s2); put(row + 3u, column4, s3);
}

// out[m, n] = a[m, k] · b[n, k]ᵀ; the padding of out past `cols` is written as zero.
@compute @workgroup_size(WORKGROUP)
fn nt(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let row = id / p.width4 * 4u;
  let column4 = id % p.width4;
  if (row >= p.rows) { return; }
  let last = p.rows - 1u;
  let a0 = row * p.aStride4 + p.aOffset4;
  let a1 = min(row + 1u, last) * p.aStride4 + p.aOffset4;
  let a2 = min(row + 2u, last) * p.aStride4 + p.aOffset4;
  let a3 = min(row + 3u, last) * p.aStride4 + p.aOffset4;
  let column = column4 * 4u;
  let lastB = p.cols - 1u;
  let b0 = (p.bRow + column) * p.bStride4 + p.bOffset4;
  let b1 = (p.bRow + min(column + 1u, lastB)) * p.bStride4 + p.bOffset4;
  let b2 = (p.bRow + min(column + 2u, lastB)) * p.bStride4 + p.bOffset4;
  let b3 = (p.bRow + min(column + 3u, lastB)) * p.bStride4 + p.bOffset4;
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var k4 = 0u; k4 < p.inner4; k4++) {
    let x0 = aAt(a0 + k4); let x1 = aAt(a1 + k4); let x2 = aAt(a2 + k4); let x3 = aAt(a3 + k4);
    let y0 = bAt(b0 + k4); let y1 = bAt(b1 + k4); let y2 = bAt(b2 + k4); let y3 = bAt(b3 + k4);
    s0 += vec4f(dot(x0, y0), dot(x0, y1), dot(x0, y2), dot(x0, y3));
    s1 += vec4f(dot(x1, y0), dot(x1, y1), dot(x1, y2), dot(x1, y3));
    s2 += vec4f(dot(x2, y0), dot(x2, y1), dot(x2, y2), dot(x2, y3));
    s3 += vec4f(dot(x3, y0), dot(x3, y1), dot(x3, y2), dot(x3, y3));
  }
  let valid = vec4f(vec4u(column) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.cols));
  put(row, column4, s0 * valid); put(row + 1u, column4, s1 * valid);
  put(row + 2u, column4, s2 * valid); put(row + 3u, column4, s3 * valid);
}

// partial[chunk][k, n] = a[rows of chunk, k]ᵀ · b[rows of chunk, n]; reduce.wgsl adds the chunks.
@compute @workgroup_size(WORKGROUP)
fn tn(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let column4 = id % p.width4;
  let blocks = (p.cols + 3u) / 4u;
  let block = id / p.width4 % blocks;
  let chunk = id / p.width4 / blocks;
  let begin = chunk * p.chunk;
  if (begin >= p.rows) { return; }
  let end = min(begin + p.chunk, p.rows);
  var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
  for (var m = begin; m < end; m++) {
    let x = aAt(m * p.aStride4 + block);
    let y = bAt(m * p.bStride4 + p.bOffset4 + column4);
    s0 += x.x * y; s1 += x.y * y; s2 += x.z * y; s3 += x.w * y;
  }
  let row = block * 4u;
  let at = (chunk * p.cols + row) * p.width4 + column4;
  putOut(at, s0);
  if (row + 1u < p.cols) { putOut(at + p.width4, s1); }
  if (row + 2u < p.cols) { putOut(at + 2u * p.width4, s2); }
  if (row + 3u < p.cols) { putOut(at + 3u * p.width4, s3); }
}
