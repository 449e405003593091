// The score of GAT: LeakyReLU of the sum of what either end contributes.

@group(0) @binding(9) var<storage, read> scoreSource: array<f32>;
@group(0) @binding(10) var<storage, read> scoreTarget: array<f32>;

fn scoreOf(source: u32, row: u32, head: u32) -> f32 {
  let number = p.headFirst + head;
  return leaky(scoreSource[source * p.scoreStride + number] + scoreTarget[row * p.scoreStride + number]);
}
