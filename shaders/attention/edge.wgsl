// What every kernel of attention does with a score, and the dropout of an attention coefficient.

fn leaky(x: f32) -> f32 { return select(x, p.negativeSlope * x, x < 0.0); }

fn leaky4(x: vec4f) -> vec4f { return select(x, p.negativeSlope * x, x < vec4f()); }

fn slopeAt(x: f32) -> f32 { return select(p.negativeSlope, 1.0, x > 0.0); }

fn slope4(x: vec4f) -> vec4f { return select(vec4f(p.negativeSlope), vec4f(1.0), x > vec4f()); }

/// 0 where the coefficient is dropped, else the scale. A hash of the global ids of both ends decides for four heads at once.
fn keptOf(source: u32, row: u32, head: u32) -> f32 {
  if (p.threshold == 0u) { return 1.0; }
  let number = p.headFirst + head;
  let bits = randomBits(vec2u(p.key0, p.key1 + number / 4u), vec2u(globalRow(row), globalRow(source)));
  return select(65536.0 / f32(65536u - p.threshold), 0.0, bits[number % 4u] < p.threshold);
}
