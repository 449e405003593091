// A = a[m, k]: k goes along its rows. `inner` k are summed, in one part.

fn outRows() -> u32 { return p.rows; }
fn summed(part: u32) -> vec2u { return vec2u(0u, select(0u, p.inner, part == 0u)); }

/// Where four rows begin. Past the last row, the last row: what comes of it is not stored.
fn aStart(row: u32) -> vec4u {
  return min(vec4u(row) + vec4u(0u, 1u, 2u, 3u), vec4u(p.rows - 1u)) * p.aStride4 + p.aOffset4;
}

/// From there to k.
fn aStep(k: u32) -> u32 { return k / 4u; }

/// Whether the i-th vec4 of a block at k is past the end. Within a vec4 the padding is zero.
fn isPast(i: u32, k: u32, end: u32) -> bool { return k >= end; }

fn asRows(loaded: Block) -> Block { return loaded; }
