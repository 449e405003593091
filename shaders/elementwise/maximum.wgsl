fn apply(x: vec4f, y: vec4f) -> vec4f { return select(x, y, y > x); }
