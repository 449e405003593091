// Sixteen vec4 per invocation, for devices on which what is done per entry costs more than neighbours that read far apart.

struct Tile {
  a: Quad,
  b: Quad,
  c: Quad,
  d: Quad,
}

fn tilesOfRow() -> u32 { return (p.width4 + 15u) / 16u; }

fn overEntries(begin: u32, end: u32, first4: u32) -> Tile {
  let step = tilesOfRow();
  var a = emptyQuad();
  var b = emptyQuad();
  var c = emptyQuad();
  var d = emptyQuad();
  for (var e = begin; e < end; e++) {
    let weight = weightOf(e);
    let at = indices[e] * p.xStride4 + p.xOffset4 + first4;
    a = addTo(a, weight, at, step);
    b = addTo(b, weight, at + 4u * step, step);
    c = addTo(c, weight, at + 8u * step, step);
    d = addTo(d, weight, at + 12u * step, step);
  }
  return Tile(a, b, c, d);
}

fn finished(tile: Tile) -> Tile {
  return Tile(finishedQuad(tile.a), finishedQuad(tile.b), finishedQuad(tile.c), finishedQuad(tile.d));
}

fn putTile(row: u32, first4: u32, tile: Tile) {
  let step = tilesOfRow();
  putQuad(row, first4, step, tile.a);
  putQuad(row, first4 + 4u * step, step, tile.b);
  putQuad(row, first4 + 8u * step, step, tile.c);
  putQuad(row, first4 + 12u * step, step, tile.d);
}
