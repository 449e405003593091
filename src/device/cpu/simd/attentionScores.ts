/** The scores of GATv2; see ../attention.ts. */

import { leaky } from './heads';
import { loadUpTo, sums } from './memory';

const ZERO: v128 = f32x4.splat(0);

/** Σ over the channels of a · LeakyReLU(x + target), of each head of a group; see heads.ts. */
export function scoreHeads(x: usize, target: usize, a: usize, first: u32, last: u32, channels: u32, slope: v128): v128 {
  const step: usize = <usize>channels * 4;
  return sums(
    first == 0 ? score(x, target, a, channels, slope) : ZERO,
    first <= 1 && last > 1 ? score(x + step, target + step, a + step, channels, slope) : ZERO,
    first <= 2 && last > 2 ? score(x + 2 * step, target + 2 * step, a + 2 * step, channels, slope) : ZERO,
    last > 3 ? score(x + 3 * step, target + 3 * step, a + 3 * step, channels, slope) : ZERO,
  );
}

/** Four parts of the sum. */
function score(x: usize, target: usize, a: usize, channels: u32, slope: v128): v128 {
  let sum = ZERO;
  const end: usize = x + <usize>(channels & ~3) * 4;
  for (; x < end; x += 16, target += 16, a += 16) {
    const u = leaky(f32x4.add(v128.load(x), v128.load(target)), slope);
    sum = f32x4.add(sum, f32x4.mul(v128.load(a), u));
  }
  const rest = channels & 3;
  if (rest == 0) return sum;
  const u = leaky(f32x4.add(loadUpTo(x, rest), loadUpTo(target, rest)), slope);
  return f32x4.add(sum, f32x4.mul(loadUpTo(a, rest), u));
}
