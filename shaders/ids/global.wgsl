// Rows are numbered globally (the full batch).

fn globalRow(row: u32) -> u32 { return row; }
