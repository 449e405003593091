// Inverted dropout of a dense matrix. One hash gives the 64 random bits of a vec4; its counter is (global row, vec4 of
// columns), so the mask does not depend on how rows are numbered locally or columns are cut into panels.

struct Params {
  width4: u32,
  column4: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
}

fn apply(x: vec4f, id: u32) -> vec4f {
  let bits = randomBits(vec2u(p.key0, p.key1), vec2u(globalRow(id / p.width4), p.column4 + id % p.width4));
  return select(p.scale * x, vec4f(), bits < vec4u(p.threshold));
}
