// B = b[n, k]ᵀ: k goes along its rows. Of the rows of b those from `bRow` on are columns of B, `cols` of them.

/// Past the last column, the last column.
fn bColumn(column: u32, k: u32) -> vec4f {
  return bAt((p.bRow + min(column, p.cols - 1u)) * p.bStride4 + p.bOffset4 + k / 4u);
}

fn bBlock(k: u32, column4: u32) -> Block {
  let column = column4 * 4u;
  return transpose(
    Block(bColumn(column, k), bColumn(column + 1u, k), bColumn(column + 2u, k), bColumn(column + 3u, k)),
  );
}

/// Zero from `end` on. Within a vec4 that is the padding.
fn bTail(k: u32, column4: u32, end: u32) -> Block {
  if (k >= end) { return Block(); }
  return bBlock(k, column4);
}

fn withoutPadding(sum: vec4f, column4: u32) -> vec4f {
  return select(vec4f(), sum, vec4u(column4 * 4u) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.cols));
}
