// x, or 0.01 x below 0; the gradient needs the output alone, which has the sign of the input.

const SLOPE = 0.01;

fn activate(x: vec4f) -> vec4f { return select(x, SLOPE * x, x < vec4f()); }
fn activateGrad(upstream: vec4f, y: vec4f) -> vec4f { return select(SLOPE * upstream, upstream, y > vec4f()); }
