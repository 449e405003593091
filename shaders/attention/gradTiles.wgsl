// Tiles of the backward pass: loading the upstream gradient; storing a sum in a row, and the zeros that pad it. The partial
// rows of segments are as wide as the range of columns, so they have no padding.

fn upstreamTile(at: u32, count: u32) -> mat4x4f {
  var tile = mat4x4f();
  tile[0] = vec4f(upstream[at], upstream[at + 1u], upstream[at + 2u], upstream[at + 3u]);
  if (count > 4u) { tile[1] = vec4f(upstream[at + 4u], upstream[at + 5u], upstream[at + 6u], upstream[at + 7u]); }
  if (count > 8u) { tile[2] = vec4f(upstream[at + 8u], upstream[at + 9u], upstream[at + 10u], upstream[at + 11u]); }
  if (count > 12u) { tile[3] = vec4f(upstream[at + 12u], upstream[at + 13u], upstream[at + 14u], upstream[at + 15u]); }
  return tile;
}

fn put(place: Place, stride: u32, offset: u32, tile: mat4x4f) {
  let rowAt = place.row * stride;
  let at = rowAt + offset + place.head * p.channels + place.first;
  for (var c = 0u; c < place.count; c++) { out[at + c] = tile[c / 4u][c % 4u]; }
  let end = offset + p.heads * p.channels;
  if (isLast(place) && stride - end < 4u) {
    for (var c = end; c < stride; c++) { out[rowAt + c] = 0.0; }
  }
}
