// x̂ · y, with x normalised by the moments of its column

@group(0) @binding(4) var<storage, read> mean: array<vec4f>;
@group(0) @binding(5) var<storage, read> variance: array<vec4f>;

fn term(x: vec4f, y: vec4f, row: u32, column4: u32) -> vec4f {
  let column = p.column4 + column4;
  return (x - mean[column]) * inverseSqrt(variance[column] + p.epsilon) * y;
}
