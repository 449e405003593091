// x / y where there is a y.

fn apply(x: vec4f, y: vec4f) -> vec4f { return select(vec4f(), x / y, y > vec4f()); }
