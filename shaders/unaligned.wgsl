// Matrices are loaded in vec4, but a head may begin between them: `xFrom(at)` loads four numbers from any one on.

/// Four numbers that begin at component `shift` (1 to 3) of the first of two vec4.
fn fourFrom(a: vec4f, b: vec4f, shift: u32) -> vec4f {
  if (shift == 1u) { return vec4f(a.yzw, b.x); }
  if (shift == 2u) { return vec4f(a.zw, b.xy); }
  return vec4f(a.w, b.xyz);
}

/// A sum, and the products of the first `count` components, added one after the other.
fn plusProducts(before: f32, a: vec4f, b: vec4f, count: u32) -> f32 {
  var sum = before + a.x * b.x;
  if (count > 1u) { sum += a.y * b.y; }
  if (count > 2u) { sum += a.z * b.z; }
  if (count > 3u) { sum += a.w * b.w; }
  return sum;
}
