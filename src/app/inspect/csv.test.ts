import { expect, test } from 'vitest';
import { csvText } from './csv.ts';

test('quotes what must be, and leaves out what is no number', () => {
  const rows = [
    ['class', 'recall'],
    ['tea, "green"', 0.25],
    ['two\nlines', Number.NaN],
    ['=1+1', 0],
  ];
  expect(csvText(rows)).toBe('class,recall\r\n"tea, ""green""",0.25\r\n"two\nlines",\r\n=1+1,0\r\n');
});
