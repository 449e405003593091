// x, or slope · x below 0, with one slope that is learned; it may be negative, so the gradient needs the input.

@group(0) @binding(5) var<storage, read> slope: array<vec4f>;

fn activate(x: vec4f) -> vec4f { return select(x, slope[0].x * x, x < vec4f()); }
fn activateGrad(upstream: vec4f, x: vec4f) -> vec4f { return select(slope[0].x * upstream, upstream, x > vec4f()); }
