// Gradients times a factor, that of optimizer.clipScale or of optimizer.lossScale, which may also say that the step is skipped.

/// (factor, …, 1 where the step is skipped)
@group(0) @binding(13) var<storage, read> clip: array<vec4f>;

fn scaled(gradient: vec4f) -> vec4f { return clip[0].x * gradient; }
fn factor() -> f32 { return clip[0].x; }
fn skips() -> bool { return clip[0].w != 0.0; }
