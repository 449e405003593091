// B = b[n, k]ᵀ: k goes along its rows. Of the rows of b those from `bRow` on are columns of B, `cols` of them.

/// Where four columns begin. Past the last column, the last column.
fn bStart(column4: u32) -> vec4u {
  let column = min(vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u), vec4u(p.cols - 1u));
  return (p.bRow + column) * p.bStride4 + p.bOffset4;
}

fn bBlock(start: vec4u, k: u32) -> Block {
  let at = start + k / 4u;
  return transpose(Block(bAt(at.x), bAt(at.y), bAt(at.z), bAt(at.w)));
}

/// Zero from `end` on. Within a vec4 that is the padding.
fn bTail(start: vec4u, k: u32, end: u32) -> Block {
  if (k >= end) { return Block(); }
  return bBlock(start, k);
}

fn withoutPadding(sum: vec4f, column4: u32) -> vec4f {
  return select(vec4f(), sum, vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.cols));
}
