// A = a[k, m]ᵀ: k goes along its columns, over `rows` rows. They are summed in parts of `chunk` rows; reduce.wgsl adds the parts.

fn outRows() -> u32 { return p.cols; }
fn summed(part: u32) -> vec2u { return vec2u(part * p.chunk, min((part + 1u) * p.chunk, p.rows)); }

/// Where four rows of A are in the first four rows of a.
fn aStart(row: u32) -> vec4u { return vec4u(0u, 1u, 2u, 3u) * p.aStride4 + p.aOffset4 + row / 4u; }

/// From there to k.
fn aStep(k: u32) -> u32 { return k * p.aStride4; }

/// Whether the i-th vec4 of a block at k, which is a row of a, is past the end.
fn isPast(i: u32, k: u32, end: u32) -> bool { return k + i >= end; }

fn asRows(loaded: Block) -> Block { return transpose(loaded); }
