// The score of GATv2: the product of a vector and the LeakyReLU of the sum of both ends' rows.

@group(0) @binding(9) var<storage, read> targets: array<vec4f>;
@group(0) @binding(10) var<storage, read> vector: array<f32>;

fn vector4(at: u32) -> vec4f { return vec4f(vector[at], vector[at + 1u], vector[at + 2u], vector[at + 3u]); }

fn scoreOf(source: u32, row: u32, head: u32) -> f32 {
  let a = (p.headFirst + head) * p.channels;
  let s = source * p.sourceStride + p.sourceOffset + head * p.channels;
  let t = row * p.targetStride + p.targetOffset + head * p.channels;
  // Four sums: each rounds less than one of all channels would.
  var score = vec4f();
  for (var c = 0u; c < p.channels; c += 4u) {
    score += select(vec4f(), vector4(a + c) * leaky4(xFrom(s + c) + targetsFrom(t + c)), within(c));
  }
  return score.x + score.y + score.z + score.w;
}
