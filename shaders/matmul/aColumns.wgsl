// A = a[k, m]ᵀ: k goes along its columns, over `rows` rows. They are summed in parts of `chunk` rows; reduce.wgsl adds the parts.

fn outRows() -> u32 { return p.cols; }
fn summed(part: u32) -> vec2u { return vec2u(part * p.chunk, min((part + 1u) * p.chunk, p.rows)); }

fn aColumn(row: u32, k: u32) -> vec4f { return aAt(k * p.aStride4 + p.aOffset4 + row / 4u); }

fn aBlock(row: u32, k: u32) -> Block {
  return transpose(Block(aColumn(row, k), aColumn(row, k + 1u), aColumn(row, k + 2u), aColumn(row, k + 3u)));
}

fn aColumnOrZero(row: u32, k: u32, end: u32) -> vec4f {
  if (k >= end) { return vec4f(); }
  return aColumn(row, k);
}

/// Zero from `end` on.
fn aTail(row: u32, k: u32, end: u32) -> Block {
  return transpose(
    Block(
      aColumnOrZero(row, k, end),
      aColumnOrZero(row, k + 1u, end),
      aColumnOrZero(row, k + 2u, end),
      aColumnOrZero(row, k + 3u, end),
    ),
  );
}
