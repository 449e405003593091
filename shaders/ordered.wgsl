// Invocations that run in step wait for the longest of their rows, so they take rows of about one length: after the rows + 1 row pointers
// comes the order of the rows (src/graph/rowOrder.ts).

fn rowOf(place: u32) -> u32 { return indptr[p.rows + 1u + place]; }
