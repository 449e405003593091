// B = b[k, n]: k goes along its columns.

fn bRowOf(k: u32, column4: u32) -> vec4f { return bAt((p.bRow + k) * p.bStride4 + p.bOffset4 + column4); }

fn bBlock(k: u32, column4: u32) -> Block {
  return Block(bRowOf(k, column4), bRowOf(k + 1u, column4), bRowOf(k + 2u, column4), bRowOf(k + 3u, column4));
}

fn bRowOrZero(k: u32, column4: u32, end: u32) -> vec4f {
  if (k >= end) { return vec4f(); }
  return bRowOf(k, column4);
}

/// Zero from `end` on: the padding of A is zero, but 0 · NaN of a clamped read would not be.
fn bTail(k: u32, column4: u32, end: u32) -> Block {
  return Block(
    bRowOrZero(k, column4, end),
    bRowOrZero(k + 1u, column4, end),
    bRowOrZero(k + 2u, column4, end),
    bRowOrZero(k + 3u, column4, end),
  );
}

/// The padding of B is zero, and so is that of the sum.
fn withoutPadding(sum: vec4f, column4: u32) -> vec4f { return sum; }
