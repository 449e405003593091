// (1 + ε) · x, with a parameter of one number.

@group(0) @binding(1) var<storage, read> eps: array<vec4f>;

fn apply(x: vec4f) -> vec4f { return (1.0 + eps[0].x) * x; }
