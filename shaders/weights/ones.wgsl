// Each entry of the sparse matrix, or each class, weighs 1.

fn weightOf(entry: u32) -> f32 { return 1.0; }
