import { uniformBelow } from './draw.ts';
import { deriveKey, type Key } from './random.ts';

/** A way to number 0..size-1 anew, and back. */
export interface Permutation {
  readonly forward: (x: number) => number;
  readonly backward: (x: number) => number;
}

/**
 * Four rounds of random functions look like a random permutation from either side (Luby and Rackoff, SIAM J. Comput.
 * 17(2), 1988, https://doi.org/10.1137/0217022).
 */
const ROUNDS = 4;

/**
 * A permutation of 0..size-1 in O(sqrt(size)) memory, for graphs whose ids do not fit into any array: the Feistel
 * network on left × right parts, which need not be powers of two, of Black and Rogaway ("Ciphers with arbitrary finite
 * domains", CT-RSA 2002, https://eprint.iacr.org/2001/012, section 5). The parts make at most sqrt(size) numbers too
 * many, and what comes out as one of them is sent round again.
 */
export function feistel(size: number, key: Key): Permutation {
  const lefts = Math.ceil(Math.sqrt(size));
  const rights = Math.ceil(size / lefts);
  // Even rounds move the left part by a function of the right one, odd rounds the right by the left.
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const [bound, length] = round % 2 === 0 ? [lefts, rights] : [rights, lefts];
    const roundKey = deriveKey(key, round, 0);
    return Uint32Array.from({ length }, (_, i) => uniformBelow(bound, roundKey, i, 0));
  });
  const once = (x: number): number => {
    let left = Math.floor(x / rights);
    let right = x - left * rights;
    for (let round = 0; round < ROUNDS; round += 2) {
      left += rounds[round][right];
      if (left >= lefts) left -= lefts;
      right += rounds[round + 1][left];
      if (right >= rights) right -= rights;
    }
    return left * rights + right;
  };
  const onceBack = (x: number): number => {
    let left = Math.floor(x / rights);
    let right = x - left * rights;
    for (let round = ROUNDS - 2; round >= 0; round -= 2) {
      right -= rounds[round + 1][left];
      if (right < 0) right += rights;
      left -= rounds[round][right];
      if (left < 0) left += lefts;
    }
    return left * rights + right;
  };
  const within = (step: (x: number) => number) => (x: number) => {
    let y = step(x);
    while (y >= size) y = step(y);
    return y;
  };
  return { forward: within(once), backward: within(onceBack) };
}
