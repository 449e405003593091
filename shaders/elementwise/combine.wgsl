struct Params {
  alpha: f32,
  beta: f32,
}

fn apply(x: vec4f, y: vec4f) -> vec4f { return p.alpha * x + p.beta * y; }
