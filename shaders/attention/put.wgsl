// Stores a tile. Columns that no head fills are padding: their zeros are part of the tile.

fn put(place: Place, stride: u32, offset: u32, tile: mat2x4f) {
  let at = tileAt(place.row, stride, offset, place);
  putOut(at, tile[0]);
  if (place.first + 4u < widthOfHeads()) { putOut(at + 1u, tile[1]); }
}
