// x + b, with a bias of each column; `column4` is the first column of this panel, in vec4 units.

struct Params {
  width4: u32,
  column4: u32,
}

@group(0) @binding(1) var<storage, read> b: array<vec4f>;

fn apply(x: vec4f, id: u32) -> vec4f { return x + b[p.column4 + id % p.width4]; }
