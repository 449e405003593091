// A = a[k, m]ᵀ: k goes along its columns, over `rows` rows. They are summed in parts of `chunk` rows; reduce.wgsl adds the parts.

fn outRows() -> u32 { return p.cols; }
fn summed(part: u32) -> vec2u { return vec2u(part * p.chunk, min((part + 1u) * p.chunk, p.rows)); }

/// Where four rows of A are in the first four rows of a.
fn aStart(row: u32) -> vec4u { return vec4u(0u, 1u, 2u, 3u) * p.aStride4 + p.aOffset4 + row / 4u; }

fn aBlock(start: vec4u, k: u32) -> Block {
  let at = start + k * p.aStride4;
  return transpose(Block(aAt(at.x), aAt(at.y), aAt(at.z), aAt(at.w)));
}

fn aOrZero(at: u32, k: u32, end: u32) -> vec4f {
  if (k >= end) { return vec4f(); }
  return aAt(at);
}

/// Zero from `end` on.
fn aTail(start: vec4u, k: u32, end: u32) -> Block {
  let at = start + k * p.aStride4;
  return transpose(
    Block(
      aOrZero(at.x, k, end),
      aOrZero(at.y, k + 1u, end),
      aOrZero(at.z, k + 2u, end),
      aOrZero(at.w, k + 3u, end),
    ),
  );
}
