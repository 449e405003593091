// Threefry-2x32 with 13 rounds: the same function as src/graph/random.ts, bit for bit.
// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

fn mix(x: vec2u, rotation: u32) -> vec2u {
  let sum = x.x + x.y;
  return vec2u(sum, ((x.y << rotation) | (x.y >> (32u - rotation))) ^ sum);
}

fn threefry(key: vec2u, counter: vec2u) -> vec2u {
  let key2 = 0x1bd11bdau ^ key.x ^ key.y;
  var x = counter + key;
  x = mix(x, 13u); x = mix(x, 15u); x = mix(x, 26u); x = mix(x, 6u);
  x += vec2u(key.y, key2 + 1u);
  x = mix(x, 17u); x = mix(x, 29u); x = mix(x, 16u); x = mix(x, 24u);
  x += vec2u(key2, key.x + 2u);
  x = mix(x, 13u); x = mix(x, 15u); x = mix(x, 26u); x = mix(x, 6u);
  x += vec2u(key.x, key.y + 3u);
  x = mix(x, 17u);
  return x;
}

// Four times 16 random bits.
fn randomBits(key: vec2u, counter: vec2u) -> vec4u {
  let bits = threefry(key, counter);
  return vec4u(bits.x & 0xffffu, bits.x >> 16u, bits.y & 0xffffu, bits.y >> 16u);
}
