// Sums over rows in two dispatches: one invocation per chunk of rows and vec4 of columns, then reduce.wgsl adds the chunks.

@compute @workgroup_size(WORKGROUP)
fn chunks(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let id = threadIndex(group, groups, lane);
  let begin = id / p.width4 * p.chunk;
  if (begin >= p.rows) { return; }
  out[id] = sumOfRows(begin, min(begin + p.chunk, p.rows), id % p.width4);
}
