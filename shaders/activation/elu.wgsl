// x, or exp(x) - 1 below 0 (alpha = 1); the gradient needs the output alone: below 0 it is exp(x) = y + 1.

// exp(x) - 1 would lose all digits near 0, so there the series is summed: its first term left out is below 2^-28 of it.
fn expMinus1(x: vec4f) -> vec4f {
  let series = x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0
    + x * (1.0 / 5040.0 + x * (1.0 / 40320.0))))))));
  return select(exp(x) - 1.0, series, x > vec4f(-0.5));
}

fn activate(x: vec4f) -> vec4f { return select(x, expMinus1(x), x < vec4f()); }
fn activateGrad(upstream: vec4f, y: vec4f) -> vec4f { return select(upstream, upstream * (y + 1.0), y < vec4f()); }
