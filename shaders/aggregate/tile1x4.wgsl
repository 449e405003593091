// One vec4 per invocation.

alias Tile = vec4f;

fn tilesOfRow() -> u32 { return p.width4; }

/// Many invocations share a row: finding it by its place in an order costs more than it gains.
fn rowOf(place: u32) -> u32 { return place; }

fn overEntries(begin: u32, end: u32, column4: u32) -> Tile {
  var state = accInit();
  for (var e = begin; e < end; e++) {
    state = accumulate(state, weightOf(e), xAt(indices[e] * p.xStride4 + p.xOffset4 + column4));
  }
  return state;
}

fn finished(state: Tile) -> Tile { return accFinish(state); }

fn putTile(row: u32, column4: u32, state: Tile) { putOut(row + column4, state); }
