// Four vec4 per invocation: an entry's column and weight are loaded once for all of them.

struct Tile {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

fn tilesOfRow() -> u32 { return (p.width4 + 3u) / 4u; }

/// Past the end of a row it reads the next one, and does not store what comes of it.
fn overEntries(begin: u32, end: u32, first4: u32) -> Tile {
  let step = tilesOfRow();
  var a = accInit();
  var b = accInit();
  var c = accInit();
  var d = accInit();
  for (var e = begin; e < end; e++) {
    let weight = weightOf(e);
    let at = indices[e] * p.xStride4 + p.xOffset4 + first4;
    a = accumulate(a, weight, xAt(at));
    b = accumulate(b, weight, xAt(at + step));
    c = accumulate(c, weight, xAt(at + 2u * step));
    d = accumulate(d, weight, xAt(at + 3u * step));
  }
  return Tile(a, b, c, d);
}

fn finished(tile: Tile) -> Tile {
  return Tile(accFinish(tile.a), accFinish(tile.b), accFinish(tile.c), accFinish(tile.d));
}

fn putTile(row: u32, first4: u32, tile: Tile) {
  let step = tilesOfRow();
  putOut(row + first4, tile.a);
  if (first4 + step < p.width4) { putOut(row + first4 + step, tile.b); }
  if (first4 + 2u * step < p.width4) { putOut(row + first4 + 2u * step, tile.c); }
  if (first4 + 3u * step < p.width4) { putOut(row + first4 + 3u * step, tile.d); }
}
