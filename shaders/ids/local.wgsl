// Rows have local numbers (a sampled block): the list gives their global ids.

@group(0) @binding(7) var<storage, read> ids: array<u32>;

fn globalRow(row: u32) -> u32 { return ids[row]; }
