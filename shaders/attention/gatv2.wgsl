// The score of GATv2: the product of a vector and the LeakyReLU of the sum of both ends' rows.

@group(0) @binding(9) var<storage, read> targets: array<f32>;
@group(0) @binding(10) var<storage, read> vector: array<f32>;

fn scoreOf(source: u32, row: u32, head: u32) -> f32 {
  let a = (p.headFirst + head) * p.channels;
  let s = source * p.sourceStride + p.sourceOffset + head * p.channels;
  let t = row * p.targetStride + p.targetOffset + head * p.channels;
  var score = 0.0;
  for (var c = 0u; c < p.channels; c++) { score += vector[a + c] * leaky(x[s + c] + targets[t + c]); }
  return score;
}
