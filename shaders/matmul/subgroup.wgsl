enable subgroups;

// The invocations of a workgroup compute 8 rows of a vec4 column each. All need the same numbers of A: of each block four of them load a
// vec4, and the others get it from these. A subgroup of WebGPU has 4 invocations at least, so this is done in fours, whatever its size
// (https://www.w3.org/TR/WGSL/#subgroup-builtin-functions). Loads are what a product waits for, most of all where software imitates a GPU.

fn shared4(own: vec4f) -> Block {
  return asRows(
    Block(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u)),
  );
}

@compute @workgroup_size(WORKGROUP)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) inSubgroup: u32,
) {
  let id = group.y * groups.x + group.x;
  let columnTiles = (p.width4 + WORKGROUP - 1u) / WORKGROUP;
  let rowTiles = (outRows() + 7u) / 8u;
  let column4 = id % columnTiles * WORKGROUP + lane;
  let row = id / columnTiles % rowTiles * 8u;
  let part = id / columnTiles / rowTiles;
  let range = summed(part);
  // The same for the whole workgroup: nobody is missing where numbers are passed on.
  if (range.x >= range.y) { return; }
  let i = inSubgroup % 4u;
  let a0 = aStart(row)[i];
  let a1 = aStart(row + 4u)[i];
  let b0 = bStart(column4);
  var s0 = Block(); var s1 = Block();
  var k = range.x;
  for (; k + 4u <= range.y; k += 4u) {
    let at = aStep(k);
    let y = bBlock(b0, k);
    s0 += product(shared4(aAt(a0 + at)), y);
    s1 += product(shared4(aAt(a1 + at)), y);
  }
  // Loops, because it happens once, and compiling it written out takes longer.
  var sums = array<Block, 2>(s0, s1);
  if (k < range.y) {
    var starts = array<u32, 2>(a0, a1);
    let y = bTail(b0, k, range.y);
    for (var j = 0u; j < 2u; j++) { sums[j] += product(shared4(aOrZero(starts[j] + aStep(k), i, k, range.y)), y); }
  }
  if (column4 >= p.width4) { return; }
  for (var j = 0u; j < 8u; j++) { putRow(part, row + j, column4, sums[j / 4u][j % 4u]); }
}
