// A sum over so few rows that a workgroup of 64 has an invocation for each part of it: one workgroup per block of 4 × 4, one dispatch. The
// additions are those of tile4x4.wgsl and reduce.wgsl, in the same order.

var<workgroup> blocks: array<Block, 64>;

@compute @workgroup_size(WORKGROUP)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = group.y * groups.x + group.x;
  let column4 = id % p.width4;
  let row = id / p.width4 * 4u;
  // The same for the whole workgroup: nobody is missing at the barrier.
  if (row >= outRows()) { return; }
  if (lane < p.count) {
    let range = summed(lane);
    let a0 = aStart(row);
    let b0 = bStart(column4);
    var s = Block();
    var k = range.x;
    for (; k + 4u <= range.y; k += 4u) { s += product(aBlock(a0, k), bBlock(b0, k)); }
    if (k < range.y) { s += product(aTail(a0, k, range.y), bTail(b0, k, range.y)); }
    blocks[lane] = s;
  }
  workgroupBarrier();
  // Each of four invocations adds up a row of the block.
  if (lane >= 4u || row + lane >= outRows()) { return; }
  var sum = vec4f();
  for (var part = 0u; part < p.count; part++) { sum += blocks[part][lane]; }
  putOut((row + lane) * p.outStride4 + p.outOffset4 + column4, sum);
}
