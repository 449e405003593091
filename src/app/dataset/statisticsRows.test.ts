import { expect, test } from 'vitest';
import { degreeRange, shareRows } from './statisticsRows.ts';

test('bins of degrees double', () => {
  expect([0, 1, 2, 3, 11].map(degreeRange)).toEqual(['0', '1', '2–3', '4–7', '1,024–2,047']);
});

test('bars are shares of the whole, of nothing none', () => {
  const rows = (whole: number) => shareRows([['a', 3]], whole);
  expect([rows(12), rows(0)]).toEqual([
    [{ label: 'a', share: 0.25, text: '3' }],
    [{ label: 'a', share: 0, text: '3' }],
  ]);
});
