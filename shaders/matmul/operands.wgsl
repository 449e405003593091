// Dense matrix products out = A · B of blocks of 4 × 4. Matrices are row-major with rows padded to vec4; the padding is zero and stays
// zero. A module is this file, what A is (aRows or aColumns), what B is (bRows or bColumns) and how much of `out` is computed at
// once (tile4x4, tile8x8, tile64x64, subgroup, whole). All add up in the same order.

struct Params {
  rows: u32,
  width4: u32,
  cols: u32,
  inner: u32,
  chunk: u32,
  count: u32,
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

/// Four rows of four numbers. (What WGSL calls the columns of a matrix are the rows here.)
alias Block = mat4x4f;

fn timesBlock(x: vec4f, y: Block) -> vec4f {
  return x.x * y[0] + x.y * y[1] + x.z * y[2] + x.w * y[3];
}

/// x · y, written out: compilers differ in the order of a product of matrices.
fn product(x: Block, y: Block) -> Block {
  return Block(timesBlock(x[0], y), timesBlock(x[1], y), timesBlock(x[2], y), timesBlock(x[3], y));
}

/// Four rows of A from k on. `start` says where each of the four vec4 begins that they are loaded from.
fn aBlock(start: vec4u, k: u32) -> Block {
  let at = start + aStep(k);
  return asRows(Block(aAt(at.x), aAt(at.y), aAt(at.z), aAt(at.w)));
}

fn aOrZero(at: u32, i: u32, k: u32, end: u32) -> vec4f {
  if (isPast(i, k, end)) { return vec4f(); }
  return aAt(at);
}

/// Zero from `end` on.
fn aTail(start: vec4u, k: u32, end: u32) -> Block {
  let at = start + aStep(k);
  return asRows(
    Block(aOrZero(at.x, 0u, k, end), aOrZero(at.y, 1u, k, end), aOrZero(at.z, 2u, k, end), aOrZero(at.w, 3u, k, end)),
  );
}

fn putRow(part: u32, row: u32, column4: u32, sum: vec4f) {
  if (row >= outRows()) { return; }
  let at = (part * outRows() + row) * p.outStride4 + p.outOffset4 + column4;
  let clean = withoutPadding(sum, column4);
  if (p.accumulate == 1u) { putOut(at, outAt(at) + clean); } else { putOut(at, clean); }
}

fn putBlock(part: u32, row: u32, column4: u32, sum: Block) {
  if (column4 >= p.width4) { return; }
  putRow(part, row, column4, sum[0]);
  putRow(part, row + 1u, column4, sum[1]);
  putRow(part, row + 2u, column4, sum[2]);
  putRow(part, row + 3u, column4, sum[3]);
}
