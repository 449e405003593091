// Gradients scaled down to a common norm: (scale, …) is what optimizer.clipScale left.

@group(0) @binding(13) var<storage, read> clip: array<vec4f>;

fn gradientOf(id: u32) -> vec4f { return clip[0].x * gradient[id]; }
