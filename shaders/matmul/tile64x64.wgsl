// A workgroup of 64 computes 64 × 64 of `out`, each invocation four blocks of it, from 16 k at a time in workgroup memory: 4 blocks
// of k for 16 blocks of rows of A, and as many for the columns of B. Each invocation loads one block of both.

var<workgroup> sharedA: array<Block, 64>;
var<workgroup> sharedB: array<Block, 64>;

@compute @workgroup_size(WORKGROUP)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = group.y * groups.x + group.x;
  let columnTiles = (p.width4 + 15u) / 16u;
  let rowTiles = (outRows() + 63u) / 64u;
  let column4 = id % columnTiles * 16u;
  let row = id / columnTiles % rowTiles * 64u;
  let part = id / columnTiles / rowTiles;
  let range = summed(part);
  // The same for the whole workgroup: nobody is missing at a barrier.
  if (range.x >= range.y) { return; }
  let ownA = aStart(row + lane / 4u * 4u);
  let ownB = bStart(column4 + lane / 4u);
  let ownK = lane % 4u * 4u;
  let top = lane / 8u;
  let left = lane % 8u;
  var s00 = Block(); var s01 = Block(); var s10 = Block(); var s11 = Block();
  for (var k = range.x; k < range.y; k += 16u) {
    if (k + 16u <= range.y) {
      sharedA[lane] = aBlock(ownA, k + ownK);
      sharedB[lane] = bBlock(ownB, k + ownK);
    } else {
      sharedA[lane] = aTail(ownA, k + ownK, range.y);
      sharedB[lane] = bTail(ownB, k + ownK, range.y);
    }
    workgroupBarrier();
    for (var i = 0u; i < min(4u, (range.y - k + 3u) / 4u); i++) {
      let x0 = sharedA[top * 4u + i];
      let x1 = sharedA[(top + 8u) * 4u + i];
      let y0 = sharedB[left * 4u + i];
      let y1 = sharedB[(left + 8u) * 4u + i];
      s00 += product(x0, y0); s01 += product(x0, y1);
      s10 += product(x1, y0); s11 += product(x1, y1);
    }
    workgroupBarrier();
  }
  let below = row + top * 4u;
  let beside = column4 + left;
  putBlock(part, below, beside, s00); putBlock(part, below, beside + 8u, s01);
  putBlock(part, below + 32u, beside, s10); putBlock(part, below + 32u, beside + 8u, s11);
}
