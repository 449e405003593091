// Two vec4 per invocation: an entry's column and weight are loaded once for all of them.

struct Tile {
  a: vec4f,
  b: vec4f,
}

fn tilesOfRow() -> u32 { return (p.width4 + 1u) / 2u; }

/// Past the end of a row it reads the next one, and does not store what comes of it.
fn overEntries(begin: u32, end: u32, first4: u32) -> Tile {
  let step = tilesOfRow();
  var a = accInit();
  var b = accInit();
  for (var e = begin; e < end; e++) {
    let weight = weightOf(e);
    let at = indices[e] * p.xStride4 + p.xOffset4 + first4;
    a = accumulate(a, weight, xAt(at));
    b = accumulate(b, weight, xAt(at + step));
  }
  return Tile(a, b);
}

fn finished(tile: Tile) -> Tile {
  return Tile(accFinish(tile.a), accFinish(tile.b));
}

fn putTile(row: u32, first4: u32, tile: Tile) {
  let step = tilesOfRow();
  putOut(row + first4, tile.a);
  if (first4 + step < p.width4) { putOut(row + first4 + step, tile.b); }
}
