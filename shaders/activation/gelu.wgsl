// x · Φ(x), with Φ the normal distribution function, exact (not the tanh form); the gradient needs the input.

// Φ(x) = erfc(-x / √2) / 2. WGSL has no erf: this is the Chebyshev fit of Press, Teukolsky, Vetterling and Flannery,
// Numerical Recipes, section 6.2 (erfcc), with a fractional error below 1.2e-7 everywhere, also far out in the tail.
fn phi(x: vec4f) -> vec4f {
  let z = abs(x) * 0.70710678;
  let t = 1.0 / (1.0 + 0.5 * z);
  let fit = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807
    + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  let tail = 0.5 * t * exp(fit - z * z);
  return select(tail, 1.0 - tail, x >= vec4f());
}

// 1 / √(2π)
const DENSITY_AT_0 = 0.39894228;

fn activate(x: vec4f) -> vec4f { return x * phi(x); }
fn activateGrad(upstream: vec4f, x: vec4f) -> vec4f {
  return upstream * (phi(x) + x * DENSITY_AT_0 * exp(-0.5 * x * x));
}
