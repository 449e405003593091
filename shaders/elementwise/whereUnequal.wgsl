fn apply(x: vec4f, y: vec4f, upstream: vec4f) -> vec4f { return select(upstream, vec4f(), x == y); }
