// By both ends alike: an edge has the same bits in both directions.

fn normOf(row: u32, column: u32) -> f32 { return sqrt(sums[row] * sums[column]); }
