// What an invocation of attention works on: one row, one head, and up to 8 channels of it in the columns of a mat2x4f, which
// are named registers where an array might spill. Larger tiles would recompute a score less often, but software adapters take
// twice as long to compile twice as many channels. These are counted in floats, so a head may have any number of them.

const TILE = 8u;

struct Place {
  row: u32,
  head: u32,
  /// first channel of the tile, and how many it has
  first: u32,
  count: u32,
}

fn tilesOfHead() -> u32 { return (p.channels + TILE - 1u) / TILE; }

fn placeOf(id: u32) -> Place {
  let tiles = tilesOfHead();
  let first = id % tiles * TILE;
  return Place(id / tiles / p.heads, id / tiles % p.heads, first, min(TILE, p.channels - first));
}

/// Whether the tile of a row's last column is this one: it writes the zeros that pad the row.
fn isLast(place: Place) -> bool {
  return place.head + 1u == p.heads && place.first + place.count == p.channels;
}

/// Which of the channels c to c + 3 the head has: what follows belongs to the next head, or to nobody.
fn within(c: u32) -> vec4<bool> { return vec4u(c) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.channels); }
