// Matrices in half precision: four numbers in a vec2u. What is too large becomes infinite here, told by its bits: devices differ in
// what pack2x16float makes of it, and comparisons with infinity and NaN may be optimised away.

/// The bits of 65504, the largest number of half precision, and those of infinity.
const LARGEST_HALF = 0x477fe000u;
const INFINITE = 0x7f800000u;

fn unpackHalf(packed: vec2u) -> vec4f { return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y)); }

fn packHalf(value: vec4f) -> vec2u {
  let bits = bitcast<vec4u>(value);
  let size = bits & vec4u(0x7fffffffu);
  let special = ((bits >> vec4u(16u)) & vec4u(0x8000u)) | select(vec4u(0x7c00u), vec4u(0x7e00u), size > vec4u(INFINITE));
  let large = size > vec4u(LARGEST_HALF);
  let small = select(value, vec4f(), large);
  let packed = vec2u(pack2x16float(small.xy), pack2x16float(small.zw));
  let halves = vec4u(packed.x & 0xffffu, packed.x >> 16u, packed.y & 0xffffu, packed.y >> 16u);
  let chosen = select(halves, special, large);
  return chosen.xz | (chosen.yw << vec2u(16u));
}
