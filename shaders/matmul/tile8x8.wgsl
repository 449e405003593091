// One invocation computes four blocks, two below one another and two half a row apart: neighbours still read neighbouring columns.

@compute @workgroup_size(WORKGROUP)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let columnTiles = (p.width4 + 1u) / 2u;
  let rowTiles = (outRows() + 7u) / 8u;
  let left = id % columnTiles;
  let right = left + columnTiles;
  let row = id / columnTiles % rowTiles * 8u;
  let part = id / columnTiles / rowTiles;
  let range = summed(part);
  if (range.x >= range.y) { return; }
  let a0 = aStart(row);
  let a1 = aStart(row + 4u);
  let b0 = bStart(left);
  let b1 = bStart(right);
  var s00 = Block(); var s01 = Block(); var s10 = Block(); var s11 = Block();
  var k = range.x;
  for (; k + 4u <= range.y; k += 4u) {
    let x0 = aBlock(a0, k);
    let x1 = aBlock(a1, k);
    let y0 = bBlock(b0, k);
    let y1 = bBlock(b1, k);
    s00 += product(x0, y0); s01 += product(x0, y1);
    s10 += product(x1, y0); s11 += product(x1, y1);
  }
  if (k < range.y) {
    let x0 = aTail(a0, k, range.y);
    let x1 = aTail(a1, k, range.y);
    let y0 = bTail(b0, k, range.y);
    let y1 = bTail(b1, k, range.y);
    s00 += product(x0, y0); s01 += product(x0, y1);
    s10 += product(x1, y0); s11 += product(x1, y1);
  }
  putBlock(part, row, left, s00); putBlock(part, row, right, s01);
  putBlock(part, row + 4u, left, s10); putBlock(part, row + 4u, right, s11);
}
