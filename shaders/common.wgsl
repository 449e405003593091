// Every kernel runs one invocation per element of its output, numbered from 0 across a grid of two dimensions, because one
// dimension holds at most 65,535 workgroups.

// Each executor chooses a size that its device likes; no result depends on it.
override WORKGROUP: u32 = 64u;

fn threadIndex(group: vec3u, groups: vec3u, lane: u32) -> u32 {
  return (group.y * groups.x + group.x) * WORKGROUP + lane;
}
