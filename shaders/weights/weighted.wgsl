// Each entry of the sparse matrix, or each class, has a stored weight.

@group(0) @binding(8) var<storage, read> weights: array<f32>;

fn weightOf(entry: u32) -> f32 { return weights[entry]; }
