// max(x, 0); the gradient needs the output alone.

// Not max(x, 0): that would turn NaN into 0 and hide it.
fn activate(x: vec4f) -> vec4f { return select(x, vec4f(), x < vec4f()); }
fn activateGrad(upstream: vec4f, y: vec4f) -> vec4f { return select(vec4f(), upstream, y > vec4f()); }
