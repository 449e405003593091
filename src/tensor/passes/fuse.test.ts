import { expect, test } from 'vitest';
import { newGraph, state } from '../graph.ts';
import { type Dispatch, type Piece, whole } from '../op.ts';
import { fuse } from './fuse.ts';

/** When the update of a parameter may join the dispatch that computes its gradient. */

const g = newGraph();
const piece = (name: string): Piece => whole(state(g, name, 'parameters', 4, 4));
const [x, parameter, gradient, moment, other, clip] = ['x', 'parameter', 'gradient', 'moment', 'other', 'clip'].map(
  piece,
);
const launch = () => ({ params: {}, threads: 1, work: 1, flops: 1 });

const dispatch = (kernel: string, more: Partial<Dispatch>): Dispatch => ({
  ...{ kernel, reads: {}, writes: {}, at: launch },
  ...more,
});
const product = dispatch('product', { reads: { x }, writes: { out: gradient }, storesOnce: true });
const update = dispatch('update', {
  reads: { gradient },
  writes: { parameter, moment },
  elementwise: ['gradient'],
});
const clipped = { ...update, reads: { gradient, clip } };
const reads = (what: Piece) => dispatch('reader', { reads: { x: what }, writes: { out: other } });
const names = (list: readonly Dispatch[], maxBindings = 8) =>
  fuse(list, { isKept: () => false, maxBindings }).map(({ kernel }) => kernel);

const JOINED = 'product+update@gradient';

test('it joins, and the gradient is stored all the same', () => {
  const [fused, ...rest] = fuse([product, update], { isKept: () => false, maxBindings: 8 });
  expect(rest).toEqual([]);
  expect(fused.kernel).toBe(JOINED);
  expect(fused.reads).toEqual({ x });
  expect(fused.writes).toEqual({ out: gradient, parameter_1: parameter, moment_1: moment });
});

test.each([
  ['who reads the parameter before both', [reads(parameter), product, update], ['reader', JOINED]],
  ['who reads it after both', [product, update, reads(parameter)], [JOINED, 'reader']],
  ['who reads it in between needs it as it was', [product, reads(parameter), update], ['product', 'reader', 'update']],
  ['who reads the gradient in between does no harm', [product, reads(gradient), update], [JOINED, 'reader']],
  [
    'a factor that is known only after all gradients',
    [product, dispatch('norm', { reads: { x: gradient }, writes: { out: clip } }), clipped],
    ['product', 'norm', 'update'],
  ],
  [
    'what computes the gradient from the parameter itself',
    [{ ...product, reads: { x: parameter } }, update],
    ['product', 'update'],
  ],
  ['a gradient that is stored in parts', [{ ...product, storesOnce: undefined }, update], ['product', 'update']],
] as const)('%s', (_, list, expected) => {
  expect(names(list)).toEqual(expected);
});

test('more buffers than the device binds', () => {
  expect(names([product, update], 4)).toEqual([JOINED]);
  expect(names([product, update], 3)).toEqual(['product', 'update']);
});
