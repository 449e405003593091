// Sums of columns over rows, of a term of two matrices of one shape; the file of the term says which. The files of sumRows/ say
// how the rows are cut.

struct Params {
  rows: u32,
  width4: u32,
  chunk: u32,
  count: u32,
  outOffset4: u32,
  scale: f32,
  accumulate: f32,
  /// first column of this panel, in vec4 units
  column4: u32,
  /// 1 / columns of the whole matrix
  perColumn: f32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> y: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

fn sumOfRows(begin: u32, end: u32, column4: u32) -> vec4f {
  var sum = vec4f();
  for (var row = begin; row < end; row++) {
    let at = row * p.width4 + column4;
    sum += term(xAt(at), yAt(at), row, column4);
  }
  return sum;
}
