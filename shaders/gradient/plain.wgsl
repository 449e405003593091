// Gradients as they are.

fn gradientOf(id: u32) -> vec4f { return gradient[id]; }
