// One invocation computes a block of 4 × 4.

@compute @workgroup_size(WORKGROUP)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let rowTiles = (outRows() + 3u) / 4u;
  let column4 = id % p.width4;
  let row = id / p.width4 % rowTiles * 4u;
  let part = id / p.width4 / rowTiles;
  let range = summed(part);
  if (range.x >= range.y) { return; }
  let a0 = aStart(row);
  let b0 = bStart(column4);
  var s = Block();
  var k = range.x;
  for (; k + 4u <= range.y; k += 4u) { s += product(aBlock(a0, k), bBlock(b0, k)); }
  if (k < range.y) { s += product(aTail(a0, k, range.y), bTail(b0, k, range.y)); }
  putBlock(part, row, column4, s);
}
