// A = a[m, k]: k goes along its rows. `inner` k are summed, in one part.

fn outRows() -> u32 { return p.rows; }
fn summed(part: u32) -> vec2u { return vec2u(0u, select(0u, p.inner, part == 0u)); }

/// Past the last row, the last row: what comes of it is not stored.
fn aRow(row: u32, k: u32) -> vec4f { return aAt(min(row, p.rows - 1u) * p.aStride4 + p.aOffset4 + k / 4u); }

fn aBlock(row: u32, k: u32) -> Block {
  return Block(aRow(row, k), aRow(row + 1u, k), aRow(row + 2u, k), aRow(row + 3u, k));
}

/// Zero from `end` on. Within a vec4 that is the padding.
fn aTail(row: u32, k: u32, end: u32) -> Block {
  if (k >= end) { return Block(); }
  return aBlock(row, k);
}
