// x̂ · y, with x normalised by the moments of its row

/// mean and M2 of each row
@group(0) @binding(4) var<storage, read> moments: array<vec2f>;

fn term(x: vec4f, y: vec4f, row: u32, column4: u32) -> vec4f {
  let moment = moments[row];
  return (x - moment.x) * inverseSqrt(moment.y * p.perColumn + p.epsilon) * y;
}
