// Loads a tile of what the backward pass comes from.

fn upstreamTile(at: u32, parts: vec2<bool>) -> mat2x4f {
  var tile = mat2x4f();
  if (parts.x) { tile[0] = upstreamAt(at); }
  if (parts.y) { tile[1] = upstreamAt(at + 1u); }
  return tile;
}
