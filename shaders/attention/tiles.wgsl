// What an invocation of attention works on: one row and a tile of up to 8 columns, two vec4 in the columns of a mat2x4f, which are
// named registers where an array might spill. Larger tiles would recompute a score less often, but software adapters take twice
// as long to compile twice as many columns. A tile begins at a multiple of 8 columns, so each vec4 is stored once and whole, as
// half precision needs it. Heads may have any number of channels: one after the other fills its columns of the tiles it shares.

const TILE = 8u;

struct Place {
  row: u32,
  /// first column of the tile in the range of heads
  first: u32,
}

fn widthOfHeads() -> u32 { return p.heads * p.channels; }

fn placeOf(id: u32) -> Place {
  let tiles = (widthOfHeads() + TILE - 1u) / TILE;
  return Place(id / tiles, id % tiles * TILE);
}

/// The heads that have columns in a tile.
fn firstHead(place: Place) -> u32 { return place.first / p.channels; }

fn endHead(place: Place) -> u32 { return min(p.heads, (place.first + TILE - 1u) / p.channels + 1u); }

/// Whether a head begins in a tile: of its tiles, that one stores what the head has once.
fn begins(place: Place, head: u32) -> bool { return head * p.channels >= place.first; }

/// Which of the two vec4 of a tile have columns of a head.
fn partsOf(place: Place, head: u32) -> vec2<bool> {
  let begin = head * p.channels;
  return vec2<bool>((begin < place.first + 4u), (begin + p.channels > place.first + 4u));
}

/// Which of four columns a head has.
fn columnsOf(column: u32, head: u32) -> vec4<bool> {
  return vec4u(column) + vec4u(0u, 1u, 2u, 3u) - vec4u(head * p.channels) < vec4u(p.channels);
}

/// A tile with the columns of a head taken from another one.
fn withHead(tile: mat2x4f, place: Place, head: u32, own: mat2x4f) -> mat2x4f {
  return mat2x4f(
    select(tile[0], own[0], columnsOf(place.first, head)),
    select(tile[1], own[1], columnsOf(place.first + 4u, head)),
  );
}

/// Where a tile begins in a matrix of vec4.
fn tileAt(row: u32, stride: u32, offset: u32, place: Place) -> u32 { return (row * stride + offset + place.first) / 4u; }

/// The stride of a row that has the range's columns alone, padded.
fn stateStride() -> u32 { return (widthOfHeads() + 3u) / 4u * 4u; }

/// Which of the channels c to c + 3 a head has: what follows belongs to the next head, or to nobody.
fn within(c: u32) -> vec4<bool> { return vec4u(c) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.channels); }
