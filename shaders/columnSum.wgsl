// Sums of columns over rows; the files of sumRows/ say how the rows are cut.

struct Params {
  rows: u32,
  width4: u32,
  chunk: u32,
  count: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

fn sumOfRows(begin: u32, end: u32, column4: u32) -> vec4f {
  var sum = vec4f();
  for (var row = begin; row < end; row++) { sum += xAt(row * p.width4 + column4); }
  return sum;
}
