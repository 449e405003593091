// Loads what the backward pass comes from.

fn upstream4(at: u32) -> vec4f {
  return vec4f(upstream[at], upstream[at + 1u], upstream[at + 2u], upstream[at + 3u]);
}

fn upstreamTile(at: u32, count: u32) -> mat2x4f {
  var tile = mat2x4f();
  tile[0] = upstream4(at);
  if (count > 4u) { tile[1] = upstream4(at + 4u); }
  return tile;
}
