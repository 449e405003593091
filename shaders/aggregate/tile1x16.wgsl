// Four vec4 per invocation: an entry's column and weight are loaded once for all of them.

alias Tile = Quad;

fn tilesOfRow() -> u32 { return (p.width4 + 3u) / 4u; }

fn overEntries(begin: u32, end: u32, first4: u32) -> Tile {
  var tile = emptyQuad();
  for (var e = begin; e < end; e++) {
    tile = addTo(tile, weightOf(e), indices[e] * p.xStride4 + p.xOffset4 + first4, tilesOfRow());
  }
  return tile;
}

fn finished(tile: Tile) -> Tile { return finishedQuad(tile); }

fn putTile(row: u32, first4: u32, tile: Tile) { putQuad(row, first4, tilesOfRow(), tile); }
