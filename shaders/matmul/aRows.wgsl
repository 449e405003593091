// A = a[m, k]: k goes along its rows. `inner` k are summed, in one part.

fn outRows() -> u32 { return p.rows; }
fn summed(part: u32) -> vec2u { return vec2u(0u, select(0u, p.inner, part == 0u)); }

/// Where four rows begin. Past the last row, the last row: what comes of it is not stored.
fn aStart(row: u32) -> vec4u {
  return min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(p.rows - 1u)) * p.aStride4 + p.aOffset4;
}

fn aBlock(start: vec4u, k: u32) -> Block {
  let at = start + k / 4u;
  return Block(aAt(at.x), aAt(at.y), aAt(at.z), aAt(at.w));
}

/// Zero from `end` on. Within a vec4 that is the padding.
fn aTail(start: vec4u, k: u32, end: u32) -> Block {
  if (k >= end) { return Block(); }
  return aBlock(start, k);
}
