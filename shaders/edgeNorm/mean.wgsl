// By the sum of the row, which in the transpose is a column.

fn normOf(row: u32, column: u32) -> f32 { return sums[select(row, column, p.byColumn == 1u)]; }
