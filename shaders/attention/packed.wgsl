// What pack.wgsl put together.

@group(0) @binding(7) var<storage, read> packed: array<f32>;

/// Nodes are numbered globally where there is no list of ids.
fn globalRow(row: u32) -> u32 {
  if (p.ids == 0u) { return row; }
  let at = p.ids + 2u * row;
  return u32(packed[at]) * 65536u + u32(packed[at + 1u]);
}

/// Log-sum-exp and D of a target.
fn statisticsOf(row: u32, head: u32) -> vec2f {
  let at = 2u * (row * p.scoreStride + p.headFirst + head);
  return vec2f(packed[at], packed[at + 1u]);
}
