// x · scale, with the scale as a power of two: lossScale is what optimizer.lossScale left, and all zeros mean 2^16.

@group(0) @binding(1) var<storage, read> lossScale: array<vec4f>;

fn apply(x: vec4f) -> vec4f { return bitcast<f32>(u32(i32(lossScale[0].z) + 143) << 23u) * x; }
