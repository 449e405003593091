// B = b[k, n]: k goes along its columns.

/// Where four columns of B are in the first four rows of b.
fn bStart(column4: u32) -> vec4u {
  return (vec4u(0u, 1u, 2u, 3u) + p.bRow) * p.bStride4 + p.bOffset4 + column4;
}

fn bBlock(start: vec4u, k: u32) -> Block {
  let at = start + k * p.bStride4;
  return Block(bAt(at.x), bAt(at.y), bAt(at.z), bAt(at.w));
}

fn bOrZero(at: u32, k: u32, end: u32) -> vec4f {
  if (k >= end) { return vec4f(); }
  return bAt(at);
}

/// Zero from `end` on: the padding of A is zero, but 0 · NaN of a clamped read would not be.
fn bTail(start: vec4u, k: u32, end: u32) -> Block {
  let at = start + k * p.bStride4;
  return Block(
    bOrZero(at.x, k, end),
    bOrZero(at.y, k + 1u, end),
    bOrZero(at.z, k + 2u, end),
    bOrZero(at.w, k + 3u, end),
  );
}

/// The padding of B is zero, and so is that of the sum.
fn withoutPadding(sum: vec4f, column4: u32) -> vec4f { return sum; }
