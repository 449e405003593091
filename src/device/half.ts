/**
 * Numbers in half precision (IEEE 754 binary16) as their bits, on the host. Rounds to nearest, ties to even; what is beyond 65504
 * becomes infinite, as in shaders/half.wgsl, and NaN stays NaN.
 */

/** To numbers in half precision and back; `count` numbers from the beginning. */
export interface HalfConversions {
  pack(floats: Float32Array, halves: Uint16Array, count: number): void;
  unpack(halves: Uint16Array, floats: Float32Array, count: number): void;
  /** There and back, in place. */
  round(floats: Float32Array): void;
}

/** The largest number of half precision. */
export const LARGEST_HALF = 65504;
/** That, and infinity, as bits of f32. */
const LARGEST = 0x477fe000;
const INFINITE = 0x7f800000;
/** 2^-14: below it, numbers of half precision are multiples of 2^-24. */
const SMALLEST_NORMAL = 0x38800000;
/** Adding it to a double below 2^51 and taking it away again rounds to a whole number. */
const ROUND = 2 ** 52;

/** @param count how many, from the beginning */
export function packHalves(floats: Float32Array, out: Uint16Array, count = floats.length): void {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  for (let i = 0; i < count; i++) {
    const size = words[i] & 0x7fffffff;
    const sign = (words[i] >>> 16) & 0x8000;
    if (size > LARGEST) out[i] = sign | (size > INFINITE ? 0x7e00 : 0x7c00);
    else if (size >= SMALLEST_NORMAL) out[i] = sign | ((size - 0x38000000 + 0xfff + ((size >> 13) & 1)) >> 13);
    else out[i] = sign | (Math.abs(floats[i]) * 2 ** 24 + ROUND - ROUND);
  }
}

/** Rounds floats as `packHalves` does, in place. */
export function roundToHalves(floats: Float32Array): void {
  const piece = new Uint16Array(Math.min(floats.length, 1024));
  for (let begin = 0; begin < floats.length; begin += piece.length) {
    const part = floats.subarray(begin, begin + piece.length);
    packHalves(part, piece);
    unpackHalves(piece, part, part.length);
  }
}

/** The inverse of `packHalves`: exact. */
export function unpackHalves(halves: Uint16Array, out: Float32Array, count = halves.length): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < count; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const size = (half & 0x7fff) << 13;
    if (size >= 0x7c00 << 13) words[i] = sign | INFINITE | size;
    else {
      words[i] = sign | size;
      // The exponents of f32 begin 112 lower; so do its subnormal numbers.
      out[i] *= 2 ** 112;
    }
  }
}

export const halfConversions: HalfConversions = { pack: packHalves, unpack: unpackHalves, round: roundToHalves };
