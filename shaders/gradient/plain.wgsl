// Gradients as they are.

fn gradientAt(id: u32) -> vec4f { return gradient[id]; }
