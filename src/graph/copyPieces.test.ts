import { expect, test } from 'vitest';
import { addPiece, bitsOf, copyPieces, newPieces } from './copyPieces.ts';
import { uniformBelow } from './draw.ts';

const draw = (bound: number, i: number, use: number) => uniformBelow(bound, [5, 7], i, use);

/** Pieces of up to `longest` numbers that do not meet where they go, at even and odd places. */
function somePieces(longest: number, from: number) {
  const pieces = newPieces(100);
  let place = 0;
  for (let i = 0; i < 70; i++) {
    const length = draw(longest + 1, i, 0);
    addPiece(pieces, draw(from - length, i, 1), place, length);
    place += length + draw(2, i, 2);
  }
  return { pieces, room: place };
}

const FINITE = Float32Array.of(0, -0, 1.5, -3.25, 1e-45, -1e-40, 3.4028234663852886e38, -1e30);
const numbers = Float32Array.from({ length: 3000 }, (_, i) => FINITE[draw(FINITE.length, i, 3)]);
/** Signalling and quiet NaN, infinities and everything else. */
const anything = Uint32Array.from(
  { length: 3000 },
  (_, i) => [draw(2 ** 32, i, 4), 0x7f800001, 0xffffffff][draw(3, i, 5)],
);

test.each([
  ['floats', numbers, true],
  ['floats that begin where no double does', numbers.subarray(1), true],
  ['any bits', anything, false],
  ['bytes', Uint8Array.from(anything), false],
])('%s arrive in their places with all their bits, and nothing else changes', (_, from, finite) => {
  for (const longest of [1, 9, 128, 700]) {
    const { pieces, room } = somePieces(longest, from.length);
    const to = new (from.constructor as Uint32ArrayConstructor)(room).fill(9);
    const expected = bitsOf(to.slice());
    for (let i = 0; i < pieces.count; i++) {
      const { begin, place, length } = pieces;
      for (let k = 0; k < length[i]; k++) expected[place[i] + k] = bitsOf(from)[begin[i] + k];
    }
    copyPieces(bitsOf(from), pieces, bitsOf(to), finite);
    expect(bitsOf(to)).toEqual(expected);
  }
});
