// SGD with momentum in PyTorch's form.

struct Params {
  lr: f32,
  /// weight decay through the gradient
  l2: f32,
  momentum: f32,
  /// 1: nothing changes
  hold: u32,
}

@group(0) @binding(3) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> velocity: array<vec4f>;

fn apply(id: u32, gradient: vec4f) {
  if (p.hold == 1u || skips()) { return; }
  let before = parameter[id];
  let v = p.momentum * velocity[id] + (scaled(gradient) + p.l2 * before);
  velocity[id] = v;
  parameter[id] = before - p.lr * v;
}
