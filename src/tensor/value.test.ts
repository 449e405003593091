import { describe, expect, test } from 'vitest';
import { bufferBytes, evaluate, padded, type Size, sameSize, stride, symbol } from './value.ts';

describe('rows', () => {
  test('are a number, or a symbol plus a constant', () => {
    expect(evaluate(7, {})).toBe(7);
    expect(evaluate(symbol('nodes'), { nodes: 34 })).toBe(34);
    expect(evaluate(symbol('nodes', 1), { nodes: 34 })).toBe(35);
    expect(evaluate(symbol('heavy'), { heavy: 0 })).toBe(0);
  });

  test('an unknown symbol is named, together with the known ones', () => {
    expect(() => evaluate(symbol('hop 2'), { nodes: 3, edges: 4 })).toThrow(
      "size 'hop 2' has no number; known: nodes, edges",
    );
  });

  test.each<[Size, Size, boolean]>([
    [3, 3, true],
    [3, 4, false],
    [symbol('nodes'), symbol('nodes'), true],
    [symbol('nodes'), symbol('edges'), false],
    [symbol('nodes'), symbol('nodes', 1), false],
    [3, symbol('nodes'), false],
    [symbol('nodes'), 3, false],
  ])('same size: %j and %j: %s', (a, b, expected) => {
    expect(sameSize(a, b)).toBe(expected);
  });
});

describe('memory of a row', () => {
  test.each([
    [1, 4],
    [3, 4],
    [4, 4],
    [5, 8],
    [257, 260],
    [1433, 1436],
  ])('%i columns take %i padded and as they are packed', (cols, expected) => {
    expect(padded(cols)).toBe(expected);
    expect(stride({ cols, layout: 'padded' })).toBe(expected);
    expect(stride({ cols, layout: 'packed' })).toBe(cols);
  });

  test('no buffer is smaller than one vec4', () => {
    expect([0, 1, 3, 4, 5, 1000].map(bufferBytes)).toEqual([16, 16, 16, 16, 20, 4000]);
  });
});
