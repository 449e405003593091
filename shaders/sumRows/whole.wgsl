// Sums over so few rows that one workgroup of 64 has an invocation for each chunk of them: one workgroup per vec4 of columns, one
// dispatch. The additions are those of chunks.wgsl and reduce.wgsl, in the same order.

var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(WORKGROUP)
fn whole(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column4 = group.y * groups.x + group.x;
  // The same for the whole workgroup: nobody is missing at the barrier.
  if (column4 >= p.width4) { return; }
  if (lane < p.count) { sums[lane] = sumOfRows(lane * p.chunk, min((lane + 1u) * p.chunk, p.rows), column4); }
  workgroupBarrier();
  if (lane > 0u) { return; }
  var sum = vec4f();
  for (var chunk = 0u; chunk < p.count; chunk++) { sum += sums[chunk]; }
  let at = p.outOffset4 + column4;
  if (p.accumulate == 1.0) { out[at] += p.scale * sum; } else { putOut(at, p.scale * sum); }
}
