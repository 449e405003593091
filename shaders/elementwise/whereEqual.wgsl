fn apply(x: vec4f, y: vec4f, upstream: vec4f) -> vec4f { return select(vec4f(), upstream, x == y); }
