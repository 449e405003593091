struct Params {
  alpha: f32,
}

fn apply(x: vec4f) -> vec4f { return p.alpha * x; }
