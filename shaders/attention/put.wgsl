// Stores a tile. Components are named, not indexed: an index that is computed makes an array in memory of registers.

fn put4(at: u32, count: u32, x: vec4f) {
  out[at] = x.x;
  if (count > 1u) { out[at + 1u] = x.y; }
  if (count > 2u) { out[at + 2u] = x.z; }
  if (count > 3u) { out[at + 3u] = x.w; }
}

fn putTile(at: u32, count: u32, tile: mat2x4f) {
  put4(at, count, tile[0]);
  if (count > 4u) { put4(at + 4u, count - 4u, tile[1]); }
}

/// A tile of a row, and the zeros that pad the row. The partial rows of segments have no padding.
fn put(place: Place, stride: u32, offset: u32, tile: mat2x4f) {
  let rowAt = place.row * stride;
  putTile(rowAt + offset + place.head * p.channels + place.first, place.count, tile);
  let end = offset + p.heads * p.channels;
  if (isLast(place) && stride - end < 4u) {
    for (var c = end; c < stride; c++) { out[rowAt + c] = 0.0; }
  }
}
