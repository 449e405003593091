// Adam and AdamW in PyTorch's form.

struct Params {
  lr: f32,
  /// weight decay through the gradient (Adam)
  l2: f32,
  /// 1 - lr · weight decay (AdamW), else 1
  shrink: f32,
  beta1: f32,
  beta2: f32,
  /// 1 - beta, rounded once
  gain1: f32,
  gain2: f32,
  epsilon: f32,
  /// 1 - beta^t
  correction1: f32,
  correction2: f32,
  /// 1: nothing changes
  hold: u32,
}

@group(0) @binding(3) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> moment1: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> moment2: array<vec4f>;

fn apply(id: u32, gradient: vec4f) {
  if (p.hold == 1u || skips()) { return; }
  let before = parameter[id];
  let g = scaled(gradient) + p.l2 * before;
  let m = p.beta1 * moment1[id] + p.gain1 * g;
  let v = p.beta2 * moment2[id] + p.gain2 * g * g;
  moment1[id] = m;
  moment2[id] = v;
  let by = correction();
  parameter[id] = p.shrink * before - p.lr * (m / by.x) / (sqrt(v / by.y) + p.epsilon);
}
